"""Templates are indented for their readers; pages are sent without the indentation."""

import re
from typing import Any

from django.template.loaders import filesystem

_INDENTATION = re.compile(r"\n\s+")


class TidyLoader(filesystem.Loader):
    """Load templates with every run of white space that begins with a line's end cut down to that end.

    Browsers see the same: between words a line's end counts as a space. Nothing in a template may therefore rely on
    how many there are (`<pre>`, texts of several lines without `trimmed`); a test watches that.
    """

    def get_contents(self, origin: Any) -> str:
        """Return the source of the template; raises TemplateDoesNotExist."""
        return _INDENTATION.sub("\n", super().get_contents(origin))
