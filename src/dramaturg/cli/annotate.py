"""`dramaturg annotate`: people as judges."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing

import click


@click.command()
@click.argument("data", required=False)
@click.option("--task", help="turing, pairwise, likert, faithfulness or flags.")
@click.option("--against", help="The other dataset, for turing (the human one) and pairwise.")
@click.option("--drafts", is_flag=True,
              help="Pairwise, of a run: the kept against drafts that lost.")  # fmt: skip
@click.option("--pairs-of", metavar="FOLDER",
              help="The pairs that `dramaturg compare --out FOLDER` judged.")  # fmt: skip
@click.option("--out", help="The study's folder.  [default: DATA-TASK-study]")
@click.option("-n", "count", type=click.IntRange(1), default=50, show_default=True,
              help="Items; for faithfulness conversations of up to 8 facts each.")  # fmt: skip
@click.option("--per-item", type=click.IntRange(1, 100), default=3, show_default=True,
              help="How many annotators see each item.")  # fmt: skip
@click.option("--checks", type=click.FloatRange(0, 1, max_open=True), default=0.1,
              show_default=True, help="Attention checks, as a share of the items.")  # fmt: skip
@click.option("--quality", "qualities", multiple=True, metavar="NAME",
              help="A scale (likert, pairwise) or flag to ask for; repeat it.")  # fmt: skip
@click.option("--questions", metavar="FILE", help="Own scales and flags, TOML.")
@click.option("--people", type=click.Choice(["same", "any"]),
              help="Compare talks of the same people only, or of any; else both.")  # fmt: skip
@click.option("--even", is_flag=True, help="Even out case, spaces and quotes of the texts.")
@click.option("--no-personas", is_flag=True, help="Do not show the speakers' facts.")
@click.option("--seed", type=int, default=13, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True,
              help="0.0.0.0 lets the local network in, with a token.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), help="0 = any free one.")
@click.option("--html", metavar="FILE", help="Write the page as one file instead; needs no server.")
@click.option("--share", metavar="I/M", help="With --html: the part of the Ith of M annotators.")
@click.option("--import", "files", multiple=True, metavar="FILE",
              help="Take in answers that such a page saved; DATA is the study.")  # fmt: skip
@click.option("--export", "export_to", metavar="FILE", help="Write all answers, .jsonl or .csv.")
@click.option("--report", "report_on", metavar="STUDY", help="Print the figures of a study.")
@click.option("--critics", multiple=True, metavar="FOLDER",
              help="With --report: of `critique --out` or `compare --out`, or a run.")  # fmt: skip
@click.option("--leave-out", multiple=True, metavar="NAME", help="With --report: an annotator.")
@click.option("--leave-out-failing", is_flag=True,
              help="With --report: without those who failed their attention checks.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def annotate(
    data: str | None,
    task: str | None,
    against: str | None,
    drafts: bool,
    pairs_of: str | None,
    out: str | None,
    count: int,
    per_item: int,
    checks: float,
    qualities: tuple[str, ...],
    questions: str | None,
    people: str | None,
    even: bool,
    no_personas: bool,
    seed: int,
    host: str,
    port: int | None,
    html: str | None,
    share: str | None,
    files: tuple[str, ...],
    export_to: str | None,
    report_on: str | None,
    critics: tuple[str, ...],
    leave_out: tuple[str, ...],
    leave_out_failing: bool,
    as_json: bool,
) -> None:
    """Let people judge DATA: a dataset to make a study of, or a study to go on with.

    The same command, or `dramaturg annotate STUDY`, goes on where it stopped.

    \b
    Example: dramaturg annotate my-dataset --task likert -n 40
             dramaturg annotate ours.jsonl --task turing --against humans.jsonl --html page.html
             dramaturg annotate ours-turing-study --import answers-ann.json
             dramaturg annotate --report ours-turing-study --critics verdicts
    """
    from dramaturg.cli import study_text
    from dramaturg.errors import UserError
    from dramaturg.study import Study, export, take_in
    from dramaturg.viewer import annotate as pages

    if report_on:
        if data:
            raise UserError("--report takes the study itself", fix=f"leave {data} out")
        with closing(Study(report_on)) as study:
            subjects = {talk.id for talk in study.conversations()}
            report = pages.report_of(
                study,
                critics=[pages.read_verdicts(source, subjects) for source in critics],
                leave_out=leave_out,
                leave_out_failing=leave_out_failing,
            )
            if export_to:
                report["exported"] = export(study, export_to)
        click.echo(json.dumps(report) if as_json else study_text.report(report))
        return
    if not data:
        raise UserError(
            "judge what?",
            fix="name a dataset and --task, a study folder, or give --report STUDY",
        )
    if files or export_to:
        with closing(Study(data)) as study:
            for file in files:
                click.echo(study_text.taken(file, take_in(study, file)))
            if export_to:
                click.echo(f"{export(study, export_to)} answers written to {export_to}")
        return
    study, notes = pages.begin(
        data,
        task=task,
        against=against,
        out=out,
        count=count,
        per_item=per_item,
        checks=checks,
        qualities=qualities,
        own_questions=questions,
        same_people=None if people is None else people == "same",
        even=even,
        personas=not no_personas,
        drafts=drafts,
        pairs_of=pairs_of,
        seed=seed,
    )
    with closing(study):
        for note in notes:
            click.echo(f"note: {note}", err=True)
        if html:
            items = pages.write_page(study, html, *study_text.parts(share))
            click.echo(study_text.page_written(study, html, items))
            return
        serving = pages.serve_study(
            study, host=host, port=port, ready=lambda url: study_text.say_ready(study, url)
        )
        asyncio.run(serving)
