"""What functions tell the planner."""

from support.database import Database


def test_function_that_forbids_a_plan_also_forbids_to_compile_it(db: Database) -> None:
    """A forbidden step costs 10,000,000,000 in the planner's eyes, far above where it compiles: 300 ms each time."""
    compiled = db.rows(
        """
        select p.proname from pg_proc p
        where p.pronamespace = 'pgswarm'::regnamespace
          and exists (select from unnest(p.proconfig) c where c like 'enable\\_%=off')
          and not 'jit=off' = any (p.proconfig)
        """
    )
    assert compiled == []
