"""Formatting for templates: texts in data, amounts, icons. They format, they do not decide."""

from django import template

register = template.Library()
