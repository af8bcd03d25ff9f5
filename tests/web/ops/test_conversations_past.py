"""Whatever a day of a brokerage leaves behind, its pages show it."""

from __future__ import annotations

from flask.testing import FlaskClient

from sandbox.traffic import fill
from tests.web.conftest import Query

PATH = "/ops/conversations"


def test_every_conversation_of_a_made_up_day_is_listed_and_its_story_told_in_order(
    operator: FlaskClient, viewer: FlaskClient, query: Query, database_url: str
) -> None:
    fill(database_url, 5, conversations=60)
    past = query(
        "select c.conversation_id as id, l.lead ->> 'name' as name"
        " from broker_conversations c join leads l on l.id = c.lead_id"
    )
    assert len(past) > 40
    for one in past:
        page = operator.get(f"{PATH}/{one['id']}")
        assert page.status_code == 200, one
        times = [part.split('"')[0] for part in page.text.split('<span class="at"><time datetime="')[1:]]
        assert len(times) > 3
        assert times == sorted(times)
        masked = viewer.get(f"{PATH}/{one['id']}")
        assert masked.status_code == 200
        assert one["name"] not in masked.text
