"""What a dump says and not every server takes is left out, and nothing else."""

from pgswarm.cli.embedded.dumps import portable, portable_head

HEAD = b"--\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\nSET client_encoding = 'UTF8';\n"


def test_the_setting_of_newer_servers_is_left_out_of_the_head_only() -> None:
    rest = b"x" * 5000 + b"\nSET transaction_timeout = 0;\n"
    assert portable_head(HEAD + rest) == HEAD.replace(b"SET transaction_timeout = 0;\n", b"") + rest


def test_the_number_of_a_columns_version_is_left_out_and_other_options_stay() -> None:
    alone = b"ALTER TABLE ONLY public.kept ALTER COLUMN n SET (pg_attver=5280968568);\n"
    first = b"ALTER TABLE ONLY s.t ALTER COLUMN a SET (pg_attver=7, n_distinct=5);\n"
    last = b"ALTER TABLE ONLY s.t ALTER COLUMN b SET (n_distinct=5, pg_attver=7);\n"
    other = b"ALTER TABLE ONLY s.t ALTER COLUMN c SET (n_distinct=5);\n"
    assert portable(HEAD + alone + first + last + other).splitlines()[3:] == [
        b"ALTER TABLE ONLY s.t ALTER COLUMN a SET (n_distinct=5);",
        b"ALTER TABLE ONLY s.t ALTER COLUMN b SET (n_distinct=5);",
        b"ALTER TABLE ONLY s.t ALTER COLUMN c SET (n_distinct=5);",
    ]


def test_a_mention_elsewhere_is_left_alone() -> None:
    script = b"COMMENT ON TABLE t IS 'SET (pg_attver=1);';\n"
    assert portable(script) == script


def test_the_index_of_an_extension_that_may_be_missing_is_left_out() -> None:
    kept = b"CREATE INDEX entry_chunk_hash_idx ON pgswarm.entry_chunk USING btree (hash);\n"
    index = (
        b"CREATE INDEX passage_vector_0a1b_idx ON pgswarm.passage_vector USING hnsw (((embedding)::public.vector(3))"
        b" public.vector_cosine_ops) WHERE (model = 'm'::text);\n"
    )
    assert portable(kept + index + kept) == kept + kept


def test_an_extension_is_made_where_the_other_server_has_it() -> None:
    made = portable(b"CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;\n")
    assert made.startswith(b"do $$ begin CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public; exception when ")
    assert made.endswith(b" end $$;\n")
    assert portable(b"CREATE EXTENSION IF NOT EXISTS vectors WITH SCHEMA public;\n").startswith(b"CREATE")
