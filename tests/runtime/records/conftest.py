"""The fixture `office`: a database with the tables and people of the records' tests, and no rows."""

from tests.prepared import copies_of
from tests.runtime.records.office import furnish

office = copies_of(furnish)
