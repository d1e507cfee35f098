"""`pgswarm bench`: how fast this database and these processors are."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, print_table

if TYPE_CHECKING:
    from pgswarm.cli.bench.load import PickUp, Progress, Rate

WARM_UP = 200


def bench(
    *,
    processors: Annotated[int, typer.Option(min=0, max=64, help="How many to start; 0: use those that run.")] = 2,
    concurrency: Annotated[int, typer.Option(min=1, max=10_000, help="Of each processor that is started.")] = 500,
    nodes: Annotated[
        int, typer.Option(min=0, max=100_000, help="Leaves of the flat fan-out; 0: leave it out.")
    ] = 20_000,
    levels: Annotated[int, typer.Option(min=0, max=6, help="Depth of the 10-ary tree; 0: leave it out.")] = 4,
    chain: Annotated[int, typer.Option(min=0, max=100_000, help="Nodes of the chain; 0: leave it out.")] = 1_000,
    pick_ups: Annotated[int, typer.Option(min=0, max=100_000, help="Swarms of one node; 0: leave it out.")] = 200,
    timeout_s: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=1, help="For each load.")] = 300,
    as_json: Json = False,
) -> None:
    r"""Measure nodes, activations and events in a second, and how soon an idle cluster picks up new work.

    Starts processors of its own and stops them at the end. The swarms that it makes stay in the database.

    Pick-up compares the clocks of the processors and of this machine: measure it where both are one.

    \b
    Examples:
      pgswarm bench
      pgswarm bench --processors 4 --json
      pgswarm bench --processors 0 --chain 0
    """
    from pgswarm.cli.bench import crew
    from pgswarm.cli.bench.load import as_json as plain
    from pgswarm.cli.bench.load import measure_pick_up, measure_rate
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import CommandError

    url = ready_url()
    found: dict[str, Rate | PickUp] = {}
    with connect(url) as connection, crew.processors(connection, url, processors, concurrency):
        if not crew.alive(connection):
            raise CommandError("no processor runs on this database", "Start some, or leave out --processors 0.")
        measure_rate(connection, "bench/fan_out", {"width": WARM_UP}, timeout_s)
        loads: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
            ("fan-out", nodes, "bench/fan_out", {"width": nodes}),
            ("tree", levels, "bench/fan_out", {"width": 10, "depth": levels}),
            ("chain", chain, "bench/chain", {"length": chain}),
        )
        for name, wanted, action, args in loads:
            if wanted:
                found[name] = measure_rate(connection, action, args, timeout_s, _progress(name))
        if pick_ups:
            found["pick-up"] = measure_pick_up(connection, pick_ups, timeout_s, _progress("pick-up"))
    _progress("")("")
    if as_json:
        print_json({name: plain(measured) for name, measured in found.items()})
    else:
        _show(found)


def _show(found: "dict[str, Rate | PickUp]") -> None:
    from pgswarm.cli.bench.load import PickUp, Rate

    rates = {name: rate for name, rate in found.items() if isinstance(rate, Rate)}
    if rates:
        print_table(
            ("LOAD", "NODES", "SECONDS", "NODES/S", "ACTIVATIONS/S", "EVENTS/S", "MS/ACTIVATION"),
            [
                (
                    *(name, f"{rate.nodes:,}", f"{rate.seconds:.2f}", f"{rate.nodes_s:,.0f}"),
                    *(f"{rate.activations_s:,.0f}", f"{rate.events_s:,.0f}", f"{rate.ms_an_activation:.3f}"),
                )
                for name, rate in rates.items()
            ],
        )
    for measured in found.values():
        if isinstance(measured, PickUp):
            typer.echo(
                f"Idle pick-up of {measured.count}: p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms, "
                f"longest {measured.max_ms:.1f} ms"
            )


def _progress(name: str) -> "Progress":
    """Return what shows how far a load is, on a terminal only."""

    def show(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{name}: {text}" if name else "\r\x1b[K")
            sys.stderr.flush()

    return show


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(bench)
