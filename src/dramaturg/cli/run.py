"""`dramaturg run`: make a dataset."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.errors import UserError

if TYPE_CHECKING:
    from dramaturg.models.budget import Budget


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "allow_interspersed_args": True,
    }
)
@click.argument("recipe")
@click.option("--personas", help="File of facts or people; without it, the starter people.")
@click.option("--out", help="Run folder; the same command on it goes on where it stopped.")
@click.option("-n", "--conversations", type=click.IntRange(1), help="How many to make.")
@click.option("--model", "models", multiple=True, help="MODEL, or ROLE=MODEL; repeatable.")
@click.option("--models-from", metavar="NAME", help="A set of `dramaturg models`: NAME[@ADDRESS].")
@click.option("--seed", type=int, help="Same seed, same data.")
@click.option("--max-cost", type=float, help="Stop at this many US dollars; resumable.")
@click.option("--max-calls", type=int, help="Stop at this many model calls; resumable.")
@click.option("--max-tokens", type=int, help="Stop at this many tokens; resumable.")
@click.option(
    "--in-flight", type=click.IntRange(1), default=64, show_default=True, help="Calls at once."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=120.0,
    show_default=True,
    help="Seconds a reply.",
)
@click.option("--rpm", type=click.IntRange(1), help="Requests a minute, at most.")
@click.option("--tpm", type=click.IntRange(1), help="Tokens a minute, at most.")
@click.option(
    "--share-limits",
    metavar="NAME|DIR",
    help="Runs of this name on this machine share --in-flight, --rpm, --tpm.",
)
@click.option("--hedge", is_flag=True, help="Ask again where a reply is late; both may be charged.")
@click.option("--batch", is_flag=True, help="Half price, within a day: the endpoint's batch API.")
@click.option(
    "--batch-wait",
    type=click.FloatRange(0.05),
    default=5.0,
    show_default=True,
    help="Seconds without a new call after which a batch goes out.",
)
@click.option("--shard", help="Make only this part of the run, e.g. 3/16; then `dramaturg merge`.")
@click.option(
    "--shard-wait",
    type=click.FloatRange(0),
    default=0.0,
    help="Seconds to wait for other shards between rounds.",
)
@click.option("--scratch", help="Shards and ray: folder on a local disk to work in.")
@click.option(
    "--engine",
    type=click.Choice(["asyncio", "ray"]),
    default="asyncio",
    show_default=True,
    help="ray: workers on this machine or a cluster (extra: ray).",
)
@click.option("--address", help="ray: of a cluster, e.g. auto; left out: this machine alone.")
@click.option("--workers", type=click.IntRange(1), help="ray: shards at work at a time.")
@click.option("--serve", default="", help="ray: command that serves the model on each machine.")
@click.option("--serve-gpus", type=click.FloatRange(0), default=0.0, help="ray: GPUs it takes.")
@click.option("--estimate", is_flag=True, help="Print calls, tokens, money and time; make no call.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--quiet", is_flag=True, help="No progress lines.")
@click.option("--verbose", is_flag=True, help="Show every event; log every call with its texts.")
@click.option("--otel", is_flag=True, help="Send traces by OpenTelemetry (extra: otel).")
@click.pass_context
def run(
    ctx: click.Context,
    recipe: str,
    personas: str | None,
    out: str | None,
    conversations: int | None,
    models: tuple[str, ...],
    models_from: str | None,
    seed: int | None,
    max_cost: float | None,
    max_calls: int | None,
    max_tokens: int | None,
    in_flight: int,
    timeout: float,
    rpm: int | None,
    tpm: int | None,
    share_limits: str | None,
    hedge: bool,
    batch: bool,
    batch_wait: float,
    shard: str | None,
    shard_wait: float,
    scratch: str | None,
    engine: str,
    address: str | None,
    workers: int | None,
    serve: str,
    serve_gpus: float,
    estimate: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    otel: bool,
) -> int:
    """Make a dataset of conversations with RECIPE.

    Every setting of the recipe is an option too: `dramaturg recipes RECIPE` lists them.

    Example: dramaturg run synthetic-persona-chat --personas people.txt -n 100 --out my-dataset
    """
    from dramaturg import runner
    from dramaturg.cli import render
    from dramaturg.cli.live import Live
    from dramaturg.models.budget import Budget
    from dramaturg.models.gate import Gate
    from dramaturg.models.recommended import with_recommended
    from dramaturg.models.resolve import Limits
    from dramaturg.recipes.recipe import find_recipe
    from dramaturg.runner import estimate as estimating
    from dramaturg.runner.shards import check_shards
    from dramaturg.runner.watch import Watching

    settings: dict[str, Any] = read_extra(ctx.args)
    for name, value in (("personas", personas), ("n", conversations), ("seed", seed)):
        if value is not None:
            settings[name] = value
    limits = Limits(
        max_in_flight=in_flight,
        timeout_s=timeout,
        rpm=rpm,
        tpm=tpm,
        hedge=hedge,
        share=share_limits,
    )
    part = runner.read_shard(shard) if shard is not None else None
    _check_together(engine, shard, batch, scratch, shard_wait, address, workers, serve, serve_gpus)
    if part is not None or engine == "ray":
        check_shards(find_recipe(recipe))
    if models_from is not None:
        models = with_recommended(models_from, models, find_recipe(recipe).roles)
    planned = runner.plan(recipe, settings, models, out, limits=limits)
    if estimate:
        table = estimating.estimate(planned, batch=batch)
        click.echo(json.dumps(table) if as_json else render.estimate(table))
        return 0

    batches = None
    if batch:
        from dramaturg.models.batch import BatchSettings

        look = min(2.0, batch_wait)
        batches = BatchSettings(quiet_s=batch_wait, first_look_s=look)
    budget = Budget(max_usd=max_cost, max_calls=max_calls, max_tokens=max_tokens)
    gate = Gate()
    live = Live(
        lambda: spent(budget, planned.models.values()), lambda: waits(planned.models.values())
    )
    on_ray = None
    if engine == "ray":
        from dramaturg.runner.on_ray import OnRay, load_ray

        load_ray()
        on_ray = OnRay(address, workers, serve, serve_gpus, scratch)
    if not quiet:
        of = f"shard {part} of " if part is not None else ""
        live.say(f"{recipe} -> {of}{planned.out}  (stop with Ctrl-C; the same command goes on)")

    def new_budget() -> Budget:
        nonlocal budget
        budget = Budget(max_usd=max_cost, max_calls=max_calls, max_tokens=max_tokens)
        return budget

    async def go() -> runner.Run:
        with runner.ctrl_c(gate, live.say):
            async with live.ticking():
                if on_ray is not None:
                    from dramaturg.runner.on_ray import perform_on_ray

                    return await perform_on_ray(
                        planned,
                        limits,
                        on_ray,
                        budget=budget,
                        gate=gate,
                        show=None if quiet else live,
                        seen=Watching(verbose=verbose, otel=otel, say=live.say),
                    )
                if part is not None:
                    return await runner.perform_shard(
                        planned,
                        part,
                        budget=new_budget,
                        gate=gate,
                        show=None if quiet else live,
                        seen=Watching(verbose=verbose, otel=otel, say=live.say),
                        wait_s=shard_wait,
                        scratch=Path(scratch) if scratch else None,
                    )
                return await runner.perform(
                    planned,
                    budget=budget,
                    gate=gate,
                    show=None if quiet else live,
                    batch=batches,
                    seen=Watching(verbose=verbose, otel=otel, say=live.say),
                )

    # Ray prints what happens to its workers; standard output is for results.
    aside = contextlib.redirect_stdout(sys.stderr) if on_ray else contextlib.nullcontext()
    with aside:
        result = asyncio.run(go())
    live.close()
    click.echo(json.dumps(render.result_json(result)) if as_json else render.result(result))
    if result.error is not None:
        click.echo(f"error: {result.error}", err=True)
    sys.stdout.flush()
    return result.exit_code


def _check_together(
    engine: str, shard: str | None, batch: bool, scratch: str | None, shard_wait: float,
    address: str | None, workers: int | None, serve: str, serve_gpus: float,
) -> None:  # fmt: skip
    """Raises UserError for an option that could do nothing beside the others."""
    if engine == "ray" and (shard is not None or batch):
        raise UserError(
            "--engine ray makes shards of its own, and sends no batches",
            fix="leave out --shard and --batch, or --engine",
        )
    if shard is not None and batch:
        raise UserError("--batch and --shard do not go together", fix="leave one of them out")
    if engine != "ray" and (address or workers or serve or serve_gpus):
        raise UserError(
            "--address, --workers, --serve and --serve-gpus are for --engine ray",
            fix="add --engine ray, or leave them out",
        )
    if serve_gpus and not serve:
        raise UserError("--serve-gpus needs --serve", why="it is what that command takes")
    if shard_wait and shard is None:
        raise UserError("--shard-wait is for --shard", fix="name the shard, such as --shard 3/16")
    if scratch and shard is None and engine != "ray":
        raise UserError(
            "--scratch is for --shard and --engine ray", fix="leave it out, or give one of them"
        )


def spent(budget: Budget, models: Iterable[Any] = ()) -> tuple[int, int, float | None, int]:
    """Calls, tokens, US dollars and calls in flight, for the progress line."""
    done = budget.spent
    out = [m.in_flight for m in _inner(models) if hasattr(m, "in_flight")]
    in_flight = sum(out) if out else budget.reserved.calls
    return done.calls, done.tokens_in + done.tokens_out, done.usd, in_flight


def waits(models: Iterable[Any]) -> list[str]:
    """What the models wait for beside ordinary replies, in words, each once."""
    found = [m.waiting_for() for m in _inner(models) if hasattr(m, "waiting_for")]
    return list(dict.fromkeys(words for said in found for words in said))


def _inner(models: Iterable[Any]) -> list[Any]:
    """The endpoints' own models, each once."""
    return list({id(m): m for m in (getattr(one, "chat", None) or one for one in models)}.values())


def read_extra(args: list[str]) -> dict[str, str]:
    """`--name value`, `--name=value` and a lone `--name` as settings.

    Raises:
        UserError: For a word that is no option.
    """
    found: dict[str, str] = {}
    waiting: str | None = None
    for word in args:
        if word.startswith("--"):
            if waiting:
                found[waiting] = "true"
            name, sep, value = word[2:].partition("=")
            waiting = None if sep else name
            if sep:
                found[name] = value
        elif waiting:
            found[waiting] = word
            waiting = None
        else:
            raise UserError(
                f"what is {word!r} for?",
                why="every setting after the recipe's name is written --name value",
                fix="see dramaturg run --help",
            )
    if waiting:
        found[waiting] = "true"
    return found
