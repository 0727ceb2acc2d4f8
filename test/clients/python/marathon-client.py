"""The package python3-marathon, unmodified: `python3 marathon-client.py URL TOKEN`.

Orders come as JSON lines {"do": method, "args": […], "kwargs": {…}}, in which {"app": …} and {"group": …} become the
client's own objects; what the method gives, or how it failed, goes out as a line {"done": method, …}. The order
"follow" reads the stream of events. The end of standard input ends it.
"""

import json
import os
import sys
import threading

import requests
from marathon import MarathonClient
from marathon.models import MarathonApp, MarathonGroup

url, token = sys.argv[1], sys.argv[2]
# It sends its token with every request but that for events.
session = requests.Session()
session.headers["Authorization"] = "token=" + token
client = MarathonClient(url, timeout=60, auth_token=token, sse_session=session)
lock = threading.Lock()


def say(line):
    with lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def given(value):
    if isinstance(value, dict) and list(value) == ["app"]:
        return MarathonApp.from_json(value["app"])
    if isinstance(value, dict) and list(value) == ["group"]:
        return MarathonGroup.from_json(value["group"])
    return value


def plain(value):
    if hasattr(value, "to_json"):
        return json.loads(value.to_json(minimal=False))
    if hasattr(value, "json_repr"):
        return json.loads(json.dumps(value.json_repr(), default=str))
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, (dict, str, int, float, bool, type(None))) else str(value)


def follow(event_types):
    # Its parser knows some events only, and says so of the others.
    stream = client.event_stream(raw=False, event_types=event_types)
    while True:
        try:
            event = next(stream)
            say({"event": event.event_type, "app_id": str(getattr(event, "app_id", ""))})
        except StopIteration:
            return
        except Exception as error:  # what it cannot read is what the test wants to know
            say({"event": "fault", "fault": repr(error)})
            return


for line in sys.stdin:
    order = json.loads(line)
    name = order["do"]
    args = [given(one) for one in order.get("args", [])]
    if name == "follow":
        threading.Thread(target=follow, args=args, daemon=True).start()
        continue
    try:
        say({"done": name, "answer": plain(getattr(client, name)(*args, **order.get("kwargs", {})))})
    except Exception as error:
        say({"done": name, "fault": type(error).__name__, "text": str(error)})
os._exit(0)
