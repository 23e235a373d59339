"""Addresses of what stands on every page: search, records opened last, comments, followers, the bell, the bin."""

from django.urls import URLPattern, path

from openpsm.web.views import comments, contacts, finding, notifications, recycled
from openpsm.web.views.accounts import overview
from openpsm.web.views.projects import tabs as project_tabs

urlpatterns: list[URLPattern] = [
    path("search", finding.search, name="search"),
    path("keys", finding.keys, name="keys"),
    path("opened/<slug:kind>/<int:pk>", finding.remember, name="remember"),
    path("people/<int:pk>", finding.person, name="person"),
    path("contacts/new", finding.contact_start, name="contact-start"),
    path("understood/<slug:kind>", finding.understood, name="understood"),
    path("contacts/<int:pk>.vcf", contacts.contact_card, name="contact-card"),
    path("bell", notifications.bell, name="bell"),
    path("bin", recycled.recycle_bin, name="bin"),
    path("bin/<slug:kind>/<int:pk>/restore", recycled.restore, name="bin-restore"),
    path("comments/<int:pk>/edit", comments.edit, name="comment-edit"),
    path("comments/<int:pk>/delete", comments.delete, name="comment-delete"),
    path("comments/<slug:kind>/<int:pk>", comments.post, name="comment-post"),
    path("comments/<slug:kind>/<int:pk>/people", comments.people, name="comment-people"),
    path("follow/<slug:kind>/<int:pk>", comments.follow, name="follow"),
    path("projects/<int:pk>/comments", project_tabs.comments, name="project-comments"),
    path("accounts/<int:pk>/comments", overview.account_comments, name="account-comments"),
]
