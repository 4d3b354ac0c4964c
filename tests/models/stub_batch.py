"""The batch API on top of a stub endpoint: files, batches, faults; lines are made by its chat."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.models.stub_endpoint import Act, Seen, StubEndpoint


class StubBatches:
    """Serves /files and /batches; each request of a batch is answered by `chat`.

    Args:
        chat: Answers one chat request, as it would over /chat/completions.
        looks: How often a batch is looked at before it is done.
        line_fault: May give another line for a request: (custom_id, times seen) -> line or None;
            the word "expire" leaves it out of every file.
        refuse: Why batches fail as a whole, "" = they do not.

    Attributes:
        made: Each batch as (id, [custom ids]).
        asked: How often each request was in a batch.
    """

    def __init__(
        self,
        chat: Callable[[Seen], Act],
        *,
        looks: int = 2,
        line_fault: Callable[[str, int], Any] = lambda key, seen: None,
        refuse: str = "",
    ) -> None:
        self.chat = chat
        self.looks = looks
        self.line_fault = line_fault
        self.refuse = refuse
        self.made: list[tuple[str, list[str]]] = []
        self.asked: dict[str, int] = {}
        self.cancelled: list[str] = []
        self.lose_answers = 0  # create so many batches and hang up without saying so
        self.hold = False  # no batch is ever done
        # What a look gets in place of the batch, by how many looks there were, this one included.
        self.look_fault: Callable[[int], Act | None] = lambda looks: None
        self.looked = 0
        self.slow_create_s = 0.0  # a batch is made at once, and said to be so long after
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}

    def endpoint(self) -> StubEndpoint:
        return StubEndpoint(always=self.serve)

    def serve(self, seen: Seen) -> Act:
        path = seen.path.removeprefix("/v1").partition("?")[0]
        if path == "/files":
            name = f"file-{len(self._files)}"
            self._files[name] = seen.raw.split(b"\r\n\r\n", 2)[2].rsplit(b"\r\n--", 1)[0]
            return Act({"id": name, "object": "file"})
        if path == "/batches" and seen.body is None:
            return Act({"data": list(self._batches.values())[::-1]})
        if path == "/batches":
            return self._create(seen.body)
        if path.endswith("/cancel"):
            batch = self._batches[path.split("/")[2]]
            batch["status"] = "cancelled"
            self.cancelled.append(batch["id"])
            return Act(batch)
        if path.startswith("/batches/"):
            return self._look(path.split("/")[2])
        if path.startswith("/files/"):
            return Act(self._files[path.split("/")[2]])
        return self.chat(seen)

    def _create(self, asked: dict[str, Any]) -> Act:
        assert asked["endpoint"] == "/v1/chat/completions"
        assert asked["completion_window"] == "24h"
        name = f"batch_{len(self._batches)}"
        rows = [json.loads(line) for line in self._files[asked["input_file_id"]].splitlines()]
        keys = [row["custom_id"] for row in rows]
        assert len(set(keys)) == len(keys)
        self.made.append((name, keys))
        for key in keys:
            self.asked[key] = self.asked.get(key, 0) + 1
        self._batches[name] = {
            "id": name,
            "object": "batch",
            "status": "validating",
            "input_file_id": asked["input_file_id"],
            "metadata": asked["metadata"],
            "request_counts": {"total": len(keys), "completed": 0, "failed": 0},
            "_looks": 0,
        }
        if self.lose_answers:
            self.lose_answers -= 1
            return Act(self._batches[name], cut=True)
        return Act(self._batches[name], delay_s=self.slow_create_s)

    def _look(self, name: str) -> Act:
        self.looked += 1
        fault = self.look_fault(self.looked)
        if fault is not None:
            return fault
        batch = self._batches.get(name)
        if batch is None:
            return Act({"error": {"message": "no such batch"}}, 404)
        batch["_looks"] += 1
        if self.refuse:
            batch["status"] = "failed"
            batch["errors"] = {"data": [{"code": "invalid", "message": self.refuse}]}
        elif batch["_looks"] > self.looks and not self.hold and "output_file_id" not in batch:
            self._finish(batch)
        elif batch["status"] == "validating":
            batch["status"] = "in_progress"
        return Act(batch)

    def _finish(self, batch: dict[str, Any]) -> None:
        good, bad, expired = [], [], False
        for line in self._files[batch["input_file_id"]].splitlines():
            row = json.loads(line)
            key = row["custom_id"]
            fault = self.line_fault(key, self.asked[key])
            if fault == "expire":
                expired = True
                error = {"code": "batch_expired", "message": "it took too long"}
                bad.append({"custom_id": key, "response": None, "error": error})
            elif fault == "lose":
                continue
            elif fault is not None:
                bad.append({"custom_id": key, "response": fault, "error": None})
            else:
                seen = Seen("/v1/chat/completions", {}, row["body"], 0.0, line)
                body = self.chat(seen).body
                good.append(
                    {"custom_id": key, "response": {"status_code": 200, "body": body},
                     "error": None}
                )  # fmt: skip
        names = (("output_file_id", good), ("error_file_id", bad))
        for field, lines in names:
            if lines:
                file = f"out-{batch['id']}-{field}"
                # Lines come back in any order.
                self._files[file] = "\n".join(json.dumps(x) for x in lines[::-1]).encode()
                batch[field] = file
        batch["status"] = "expired" if expired else "completed"
        batch["request_counts"]["completed"] = len(good)
        batch["request_counts"]["failed"] = len(bad)
