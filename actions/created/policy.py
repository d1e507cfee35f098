"""Who approves an action that a swarm wrote: a person, the operator's policy, or nobody, because there are none.

PGSWARM_ACTION_CREATION is `ask` (default: a person sees the source and says yes), `auto` (what passed its tests is
filed at once, where it needs no package beyond PGSWARM_ACTION_PACKAGES) or `off`. A swarm's option `create` can only
be stricter.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from pgswarm.actions.base import ActionError

VARIABLE: Final = "PGSWARM_ACTION_CREATION"
PACKAGES: Final = "PGSWARM_ACTION_PACKAGES"
Mode = Literal["off", "ask", "auto"]
_STRICTEST_FIRST: Final[tuple[Mode, ...]] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows: how an action is approved, and which packages one may use that nobody looked at."""

    mode: Mode = "ask"
    packages: frozenset[str] = frozenset()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Policy":
        """Read the settings; raise `ActionError` (`bad_setting`) where the mode is none."""
        said = env.get(VARIABLE, "").strip() or "ask"
        mode = next((mode for mode in _STRICTEST_FIRST if mode == said), None)
        if mode is None:
            raise ActionError("bad_setting", f"{VARIABLE}={said!r} is none: give ask, auto or off to every processor.")
        names = re.split(r"[\s,]+", env.get(PACKAGES, "").strip())
        return cls(mode, frozenset(plain_name(name) for name in names if name))

    def stricter(self, wanted: object) -> "Policy":
        """Return the policy of a swarm whose option `create` is `wanted`; None leaves it as it is."""
        modes = [mode for mode in _STRICTEST_FIRST if mode in (self.mode, wanted)]
        return Policy(modes[0], self.packages)

    def approves(self, dependencies: Sequence[str]) -> bool:
        """Say whether an action that passed its tests needs no person."""
        return self.mode == "auto" and all(plain_name(each) in self.packages for each in dependencies)


def may_create(options: Mapping[str, Any], env: Mapping[str, str] | None = None) -> bool:
    """Say whether a swarm with these options may make actions at all."""
    return Policy.from_env(os.environ if env is None else env).stricter(options.get("create")).mode != "off"


def plain_name(package: str) -> str:
    """Return the name of a requirement as package indexes compare it (PEP 503), without version and extras."""
    name = re.split(r"[\[<>=!~; ]", package.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()
