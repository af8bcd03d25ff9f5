"""The command that makes logins."""

from __future__ import annotations

import subprocess

import psycopg
import pytest

from nextnest.roles import Kind, NoGroups, make_login, url_for
from tests import forkserver
from tests.databases import as_login, drop_login
from tests.test_rights import look


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forkserver.run("nextnest.roles", *arguments, environment={"DATABASE_URL": url})


def test_the_command_makes_a_login_and_a_second_call_changes_its_password(database_url: str) -> None:
    name = f"shop_{database_url.rpartition('_')[2]}"
    kept = "select rolpassword from pg_authid where rolname = %(name)s"
    first = command(database_url, "web", "--name", name).stdout.strip()
    [before] = look(database_url, kept, name=name)
    second = command(database_url, "web", "--name", name).stdout.strip()
    [after] = look(database_url, kept, name=name)
    assert first != second
    assert before != after
    assert after["rolpassword"].startswith("SCRAM-SHA-256$")
    [row] = look(second, "select current_user::text as who, current_setting('search_path') as path")
    assert row == {"who": name, "path": "nextnest"}
    drop_login(database_url, second)


def test_the_command_keeps_the_project_behind_the_user_of_a_shared_pooler() -> None:
    url = "postgresql://postgres.abcd:old@aws-0-x.pooler.supabase.com:6543/postgres?sslmode=verify-full"
    expected = "postgresql://shop.abcd:new@aws-0-x.pooler.supabase.com:6543/postgres?sslmode=verify-full"
    assert url_for(url, "shop", "new") == expected


def test_a_login_of_a_group_no_migration_made_is_refused_by_name(database_url: str) -> None:
    with (
        psycopg.connect(database_url, autocommit=True) as conn,
        pytest.raises(NoGroups, match=r"run the migration first.* Missing: nobody_made_me\."),
    ):
        make_login(conn, "shop", Kind(("nextnest_web", "nobody_made_me"), {}), "unused")


def test_the_command_says_in_one_line_what_it_may_not(database_url: str) -> None:
    url = as_login(database_url, "worker")
    refused = command(url, "worker")
    drop_login(database_url, url)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "permission denied" in line
