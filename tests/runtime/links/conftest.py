"""The fixture `shop`: a database with the tables and people of the links' tests, and no rows."""

from tests.prepared import copies_of
from tests.runtime.links.shop import furnish

shop = copies_of(furnish)
