"""What is typed into a comment."""

from django import forms
from django.utils.translation import gettext_lazy as _

from openpsm.activities.operations.comments import LONGEST
from openpsm.web.forms.base import BoundForm


class CommentForm(BoundForm):
    text = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "data-mention": ""}),
        help_text=_("@ and a name tells a colleague who sees this record."),
    )


class EditCommentForm(CommentForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
