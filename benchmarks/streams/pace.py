"""Gives swarms events at an even rate, from a process of its own, and says when each was committed.

One line of JSON: {swarm_id: {seq: when the commit was acknowledged}}. The first event that it writes has seq 3.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

TELL = "select pgswarm.add_message(swarm_id => %s, node_id => null, content => %s)"
TEXT = "what a person may write to a swarm " * 20
FIRST = 3


def main() -> None:
    """Take the URL, the rate, the seconds, and the swarms."""
    url, rate, seconds, *swarms = sys.argv[1:]
    times: dict[str, dict[int, float]] = {swarm_id: {} for swarm_id in swarms}

    def tell(swarm_id: str) -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            began = time.monotonic()
            for number in range(int(float(rate) * float(seconds))):
                conn.execute(TELL, (swarm_id, TEXT))
                times[swarm_id][FIRST + number] = time.time()
                time.sleep(max(0.0, began + (number + 1) / float(rate) - time.monotonic()))

    with ThreadPoolExecutor(len(swarms)) as threads:
        list(threads.map(tell, swarms))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
