"""What a connection and an activation may set (Voyado contract, sections 2, 5 and 6)."""

from __future__ import annotations

from runner.destinations.common.settings import FLAG, OPTION_RATE, one_of, text
from runner.destinations.service import Setting

RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests in any window of so many seconds, look-ups too; Voyado recommends 50 a "
    "second and refuses what is above 200. Leave room for other tools with the same key.",
    default={"requests": 50, "seconds": 1},
    check=OPTION_RATE,
)
OPTIONS = (RATE_LIMIT,)
CONTACT_TYPE = Setting(
    name="contact_type",
    description="The contact type that is looked for and created.",
    default="Member",
    check=text(100),
)
SOURCE = Setting(
    name="source", description="The source that new contacts are given.", check=text(200)
)
STORE = Setting(
    name="store_external_id",
    description="The store that new contacts are given.",
    check=text(200),
)
UNAPPROVED = Setting(
    name="create_as_unapproved", description="Create contacts as unapproved.", check=FLAG
)
EMPTY_TEXT = Setting(
    name="empty_text",
    description="An empty text clears a field at Voyado: `refuse` takes it for a mistake (a null "
    "says that a field was cleared), `clear` sends it.",
    default="refuse",
    check=one_of("refuse", "clear"),
)
SETTINGS = (CONTACT_TYPE, SOURCE, STORE, UNAPPROVED, EMPTY_TEXT)
