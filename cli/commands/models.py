"""`pgswarm models`: which model answers for which role, what servers can do, what they cost, how they are limited."""

from typing import Annotated, Any

import typer

from pgswarm.cli.abilities import ABILITIES, LIMITS, can, limited
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, short_time, styled

SET = "select pgswarm.set_model_limit(model => %s, concurrency => %s, tokens_per_minute => %s)"

HELP = """Models: which answer, what they can do, what they cost, and how much they may be asked.

\b
Examples:
  pgswarm models list
  pgswarm models limit gpt-5.4-mini --concurrency 20
  pgswarm models prompts
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(*, as_json: Json = False) -> None:
    r"""Show each role's model and its price, what is known of their servers, and the limits across all processors.

    \b
    Examples:
      pgswarm models list
      pgswarm models list --json
    """
    from pgswarm.actions.models.prices import Prices
    from pgswarm.actions.models.settings import ROLES, ModelSettings
    from pgswarm.cli.database import connect, ready_url

    settings = ModelSettings.from_env()
    prices = Prices.load(settings.prices_file)
    named = {role: settings.model_for(role) for role in ROLES} | {"embeddings": settings.embedding_model}
    roles = [{"role": role, "model": model, "price": _price(prices, model)} for role, model in named.items()]
    with connect(ready_url()) as connection:
        abilities = connection.execute(ABILITIES).fetchall()
        limits = connection.execute(LIMITS).fetchall()
    if as_json:
        print_json({"roles": roles, "prices_as_of": prices.as_of, "servers": abilities, "limits": limits})
        return
    typer.echo(settings.describe())
    for named_role in roles:
        model = named_role["model"] or "none: search is by words"
        typer.echo(f"  {str(named_role['role']).ljust(11)} {model}  {named_role['price']}".rstrip())
    own = f", {prices.own} of your own" if prices.own else ""
    typer.echo(styled(f"  prices in USD for 1,000,000 tokens in and out, as of {prices.as_of}{own}", "dim"))
    for row in abilities:
        typer.echo(f"{row['model']} at {row['server']}: {can(row)} (found out {short_time(row['learned_at'])})")
    for row in limits:
        typer.echo(f"{row['model']}: {limited(row)}; {row['under_way']} under way")


@app.command()
def limit(
    model: Annotated[str, typer.Argument(help="The model; * for every one that has no limit of its own.")],
    *,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Calls at once, in all processors together.")] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(min=1, help="Tokens, in and out, in any minute.")] = None,
) -> None:
    r"""Limit a model across all processors; without a limit, take it away.

    \b
    Examples:
      pgswarm models limit gpt-5.4-mini --concurrency 20 --tokens-per-minute 200000
      pgswarm models limit gpt-5.4-mini
    """
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        connection.execute(SET, (model, concurrency, tokens_per_minute))
    told = limited({"concurrency": concurrency, "tokens_per_minute": tokens_per_minute})
    typer.echo(f"{model}: {told}")


@app.command()
def probe() -> None:
    r"""Ask the server of the model that is set what it can do (a few small requests), and keep what is found out.

    \b
    Example:
      pgswarm models probe
    """
    from pgswarm.cli.database import ready_url
    from pgswarm.cli.probe import probe_models

    for line in probe_models(ready_url()):
        typer.echo(line)


@app.command()
def prompts(
    *,
    export: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Write those that are not there yet into a folder, to change.")
    ] = None,
) -> None:
    r"""List what models are told, task by task: version, hash, and whether it is the package's or your own.

    \b
    Examples:
      pgswarm models prompts
      pgswarm models prompts --export my_prompts
      PGSWARM_PROMPTS=my_prompts pgswarm models prompts
    """
    from pathlib import Path

    from pgswarm.actions.models.settings import ModelSettings
    from pgswarm.actions.prompts import Prompts, shipped_prompts

    told = Prompts(ModelSettings.from_env().prompts_dir)
    shipped = shipped_prompts()
    for prompt in shipped:
        typer.echo(told.of(prompt.task).label)
        if export is not None:
            path = Path(export) / f"{prompt.task}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(f"<!-- version: {prompt.version} -->\n{prompt.text}\n", encoding="utf-8")


def _price(prices: Any, model: str | None) -> str:
    if model is None:
        return ""
    price = prices.of(model)
    if price is not None:
        return f"{price.input} / {price.output}"
    return "costs nothing" if prices.cost(model, 0, 0).known else "of unknown price: name it in PGSWARM_PRICES"


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="models")
