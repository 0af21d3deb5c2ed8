from .arguments import MAX_ID, read_day, read_records, read_text
from .attempt import attempt
from .dates import day_after, day_before, format_day, period_end, shift
from .names import make_unique, safe_name
from .prefetch import AboutPrefetch
from .timeline import Scale, cluster
