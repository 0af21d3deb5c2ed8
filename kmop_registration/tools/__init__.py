from .arguments import MAX_ID, read_day, read_records, read_text
from .attempt import attempt
from .context import ignore_caller_context, is_uninstalling, own_context
from .dates import day_after, day_before, format_day, period_end, shift
from .file_kinds import INLINE, XLSX, examine, is_inline
from .names import make_unique, one_line, safe_name
from .plain import dump_values, load_values
from .rows import iterate_chunks, iterate_rows, read_linked, read_names
from .targets import check_targets
from .timeline import Scale, cluster
