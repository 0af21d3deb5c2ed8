"""Reading records with those of their batch."""

from collections.abc import Reversible


class AboutPrefetch(Reversible):
    """What a milestone's batch is about, as far as of the same model."""

    def __init__(self, milestone):
        self.milestone = milestone

    def __iter__(self):
        model_name = self.milestone.res_model
        for milestone in self.milestone.browse(self.milestone._prefetch_ids):
            if milestone.res_model == model_name and not milestone.is_orphan:
                yield milestone.res_id

    def __reversed__(self):
        return reversed(list(self))
