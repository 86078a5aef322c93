"""One call of AWS by AWS's own client: `call.py scheduler GetSchedule '{"Name": "…"}'` prints the answer as JSON."""

import json
import os
import sys

import botocore.session
from botocore import xform_name

service, operation, parameters = sys.argv[1:]
client = botocore.session.get_session().create_client(service)
answer = getattr(client, xform_name(operation))(**json.loads(parameters))
answer.pop("ResponseMetadata", None)
print(json.dumps(answer, default=lambda value: value.read().decode() if hasattr(value, "read") else str(value)))
