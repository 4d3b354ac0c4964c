"""Traces by OpenTelemetry: a span for the run, each step and each call. Loaded only when wanted.

Names and attributes of calls follow the semantic conventions for generative AI; prompts and
replies are not among them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from dramaturg import __version__
from dramaturg.errors import DramaturgError, UserError
from dramaturg.models.base import Call, Reply
from dramaturg.models.observed import Ended

_log = logging.getLogger("dramaturg.runner")
_FLUSH_MS = 5_000


class Tracing:
    """Spans of one run.

    Args:
        tracer: Of OpenTelemetry.
        about: What the run is: recipe, models.
    """

    def __init__(self, tracer: Any, about: Mapping[str, Any]) -> None:
        from opentelemetry import trace

        self._trace, self._tracer = trace, tracer
        self._run = tracer.start_span("dramaturg.run", attributes=_attributes(about))
        self._step: Any = None

    def step(self, name: str) -> None:
        """A step begins; the one before it has ended."""
        if self._step is not None:
            self._step.end()
        self._step = self._tracer.start_span(
            "dramaturg.step",
            context=self._trace.set_span_in_context(self._run),
            attributes={"dramaturg.step": name},
        )

    def begins(self, role: str, ref: str, call: Call) -> Ended:
        """A call begins: a client span below the step."""
        provider, _, rest = ref.partition(":")
        model, _, address = rest.partition("@")
        sampling = call.sampling
        asked = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model or ref,
            "gen_ai.request.temperature": sampling.temperature,
            "gen_ai.request.top_p": sampling.top_p,
            "gen_ai.request.top_k": sampling.top_k,
            "gen_ai.request.max_tokens": sampling.max_tokens,
            "gen_ai.request.stop_sequences": list(sampling.stop) or None,
            "gen_ai.request.seed": call.seed & 0x7FFFFFFF,
            "gen_ai.output.type": "json" if call.schema is not None else "text",
            **_server(address),
            "dramaturg.role": role,
            "dramaturg.task": call.task,
            "dramaturg.attempt": call.attempt,
            "dramaturg.about": call.about or None,
        }
        span = self._tracer.start_span(
            f"chat {model or ref}",
            context=self._trace.set_span_in_context(self._step or self._run),
            kind=self._trace.SpanKind.CLIENT,
            attributes={k: v for k, v in asked.items() if v is not None},
        )

        def ended(reply: Reply | None, error: BaseException | None, seconds: float) -> None:
            if reply is not None:
                span.set_attribute("gen_ai.response.model", reply.model)
                span.set_attribute("gen_ai.response.finish_reasons", [reply.finish])
                span.set_attribute("gen_ai.usage.input_tokens", reply.cost.tokens_in)
                span.set_attribute("gen_ai.usage.output_tokens", reply.cost.tokens_out)
            else:
                span.set_attribute("error.type", getattr(error, "kind", type(error).__name__))
                span.set_status(self._trace.StatusCode.ERROR)
            span.end()

        return ended

    def ended(self, state: str, error: DramaturgError | None) -> None:
        """The run ended."""
        if self._step is not None:
            self._step.end()
        self._run.set_attribute("dramaturg.state", state)
        if error is not None:
            self._run.set_attribute("error.type", getattr(error, "kind", type(error).__name__))
            self._run.set_status(self._trace.StatusCode.ERROR)
        self._run.end()


@contextlib.contextmanager
def tracing(about: Mapping[str, Any], *, asked: bool) -> Iterator[Tracing | None]:
    """The tracer of a run: of the application's own provider, or of one that exports by OTLP.

    Args:
        asked: Whether the user asked for traces by name; then it is an error that they cannot be.

    Raises:
        UserError: If they were asked for and the extra is not installed.
    """
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError as error:
        if not asked:
            _log.warning("no traces: the extra otel is not installed")
            yield None
            return
        raise UserError(
            "traces need OpenTelemetry",
            why=f"{error.name or error} is not installed",
            fix="pip install 'dramaturg[otel]', or leave --otel out",
        ) from None
    provider: Any = trace.get_tracer_provider()
    own = None
    if not isinstance(provider, TracerProvider):
        provider = own = _exporting()
    try:
        yield Tracing(provider.get_tracer("dramaturg", __version__), about)
    finally:
        provider.force_flush(_FLUSH_MS)
        if own is not None:
            own.shutdown()


def _exporting() -> Any:
    """A provider that sends by OTLP over HTTP, as the environment's OTEL_ variables say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "dramaturg", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=5)))
    return provider


def _attributes(about: Mapping[str, Any]) -> dict[str, str]:
    return {f"dramaturg.{name}": str(value) for name, value in about.items()}


def _server(address: str) -> dict[str, Any]:
    host, _, port = address.partition("//")[2].partition("/")[0].partition(":")
    return {"server.address": host or None, "server.port": int(port) if port.isdigit() else None}
