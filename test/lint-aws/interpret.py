"""Runs state machines in another interpreter of the state language, that of LocalStack, which moto carries.

Standard input: {"machines": {name: definition}, "runs": [{"machine", "input", "replies": {step: [reply, ...]}}]}. A reply is
{"output": ...} or {"error": name}; the last one is given again and again. Standard output: for each run how it ended, the
states that were entered, and how often each step was called. No time passes: waits and retries do not sleep.
"""

import functools
import io
import json
import os
import sys
import time
from collections import Counter

os.environ.update(AWS_DEFAULT_REGION="eu-central-1", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")

import boto3  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto.stepfunctions.parser import models  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function  # noqa: E402
from moto.stepfunctions.parser.asl.parse import asl_parser  # noqa: E402


class Functions:
    """Answers invocations by the script of the run that is under way."""

    def __init__(self):
        self.begin({})

    def begin(self, replies):
        self.replies = {step: list(script) for step, script in replies.items()}
        self.calls = Counter()

    def invoke(self, FunctionName, **_):
        step = FunctionName.rsplit(":", 1)[-1]
        self.calls[step] += 1
        script = self.replies.get(step) or [{"error": "NothingScripted"}]
        reply = script.pop(0) if len(script) > 1 else script[0]
        if "error" in reply:
            failure = {"errorType": reply["error"], "errorMessage": "as the test says"}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(reply["output"]).encode())}


functions = Functions()
lambda_eval_utils.boto_client_for = lambda **_: functions


# To read a definition takes a second, and runs do not change what was read.
parse = asl_parser.AmazonStateLanguageParser.parse
asl_parser.AmazonStateLanguageParser.parse = staticmethod(functools.cache(parse))


class NoTime:
    """The module `time` without its waits."""

    sleep = staticmethod(lambda _: None)

    def __getattr__(self, name):
        return getattr(time, name)


retrier_decl.time = NoTime()
wait_function.WaitFunction._wait_interval = lambda *_, **__: None


def run(client, arn, number, given):
    functions.begin(given["replies"])
    started = client.start_execution(stateMachineArn=arn, name=f"run-{number}", input=json.dumps(given["input"]))
    ended = {"status": "RUNNING"}
    for _ in range(3000):
        ended = client.describe_execution(executionArn=started["executionArn"])
        if ended["status"] != "RUNNING":
            break
        time.sleep(0.01)
    # Not by GetExecutionHistory: moto cannot write every event of its interpreter as an answer of the API.
    backend = models.stepfunctions_parser_backends["123456789012"]["eu-central-1"]
    events = backend.get_execution_history(started["executionArn"])["events"]
    entered = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
    return {
        "status": ended["status"],
        "error": ended.get("error"),
        "cause": (ended.get("cause") or "")[:300],
        "output": json.loads(ended.get("output") or "null"),
        "states": entered,
        "calls": dict(functions.calls),
    }


@mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
def main():
    given = json.load(sys.stdin)
    client = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/machine"
    arns = {
        name: client.create_state_machine(name=name, definition=json.dumps(text), roleArn=role)["stateMachineArn"]
        for name, text in given["machines"].items()
    }
    print(json.dumps([run(client, arns[one["machine"]], n, one) for n, one in enumerate(given["runs"])]))


main()
