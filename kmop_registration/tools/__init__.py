from .attempt import attempt
from .dates import day_after, day_before, period_end, shift
from .prefetch import AboutPrefetch
