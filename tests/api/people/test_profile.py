"""What swarms know of a person: theirs over all swarms, nobody else's, and gone where they say so."""

import json

from support.api import Api, problem

PROFILE = {"expertise": "contracts", "involvement": "never", "notes": ""}


async def test_profile_of_an_interview_is_known_to_the_next_swarm_seen_and_erased_by_its_person(api: Api) -> None:
    first = api.swarm(api.anna)
    api.db.run("select pgswarm.keep_profile(%(s)s, %(p)s)", s=first, p=json.dumps(PROFILE))
    api.db.run(
        "select pgswarm.save_entry(%(s)s, null, 'profile.json', 'json', '', 'user', %(p)s)",
        s=first, p=json.dumps(PROFILE).encode(),
    )  # fmt: skip
    later, others, nobodys = api.swarm(api.anna), api.swarm(api.ben), api.swarm(None)
    known = {s: api.db.value("select pgswarm.read_profile(%(s)s)", s=s) for s in (later, others, nobodys)}
    assert known == {later: PROFILE, others: None, nobodys: None}
    client = api.client(api.anna)
    seen = (await client.get("/v1/profile")).json()
    assert (seen["expertise"], seen["involvement"], seen["swarm_id"]) == ("contracts", "never", str(first))
    nothing = (await api.client(api.ben).get("/v1/profile")).json()
    assert (nothing["updated_at"], nothing["involvement"]) == (None, "always")
    assert (await client.delete("/v1/profile")).status_code == 204
    assert (await client.get("/v1/profile")).json()["updated_at"] is None
    assert api.db.value("select pgswarm.read_profile(%(s)s)", s=later) is None
    assert api.db.value("select pgswarm.find_entry(%(s)s, 'user/profile.json')", s=first) is None
    assert (await client.delete("/v1/profile")).status_code == 204


async def test_person_writes_their_profile_themselves_and_what_is_none_is_refused(api: Api) -> None:
    client = api.client(api.anna)
    written = (await client.put("/v1/profile", json={"involvement": "important", "notes": "call me Ann"})).json()
    assert (written["involvement"], written["swarm_id"]) == ("important", None)
    said = {"involvement": "important", "notes": "call me Ann"}  # an interview still asks what they did not say
    assert api.db.value("select pgswarm.read_profile(%(s)s)", s=api.swarm(api.anna)) == said
    problem(await client.put("/v1/profile", json={"involvement": "sometimes"}), 422, field="involvement")
    problem(await client.put("/v1/profile", json={"notes": "x" * 5_001}), 422, field="notes")
