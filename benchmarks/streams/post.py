"""Posts frames to the bare broadcast at an even rate, from a process of its own, and says when each was sent.

One line of JSON, as that of pace.py: {number of the group: {seq: when it was posted}}.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from pace import FIRST


def main() -> None:
    """Take the port, the rate, the seconds, the frame, and how many groups there are."""
    port, rate, seconds, frame, groups = sys.argv[1:]
    times: dict[int, dict[int, float]] = {number: {} for number in range(int(groups))}

    def post(group: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", int(port))
        began = time.monotonic()
        for number in range(int(float(rate) * float(seconds))):
            seq = FIRST + number
            body = f"id: {seq}\nevent: message.added\ndata: {frame}\n\n".encode()
            times[group][seq] = time.time()
            client.request("POST", f"/frames/{group}", body)
            client.getresponse().read()
            time.sleep(max(0.0, began + (number + 1) / float(rate) - time.monotonic()))

    with ThreadPoolExecutor(int(groups)) as threads:
        list(threads.map(post, range(int(groups))))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
