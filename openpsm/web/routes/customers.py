"""Addresses of accounts, contacts, registrations, products, pickers and files."""

from django.urls import URLPattern, path

from openpsm.web.views import (
    contacts,
    files,
    pickers,
    product_listing,
    products,
    registration_listing,
    registrations,
)
from openpsm.web.views.accounts import contact_listing, editing, listing, losing, overview

urlpatterns: list[URLPattern] = [
    path("accounts", listing.account_list, name="account-list"),
    path("accounts/new", editing.account_new, name="account-new"),
    path("accounts/<int:pk>", overview.detail, name="account-detail"),
    path("accounts/<int:pk>/activities", overview.account_activities, name="account-activities"),
    path("accounts/<int:pk>/files", overview.account_files, name="account-files"),
    path("accounts/<int:pk>/history", overview.account_history, name="account-history"),
    path("accounts/<int:pk>/edit", editing.edit, name="account-edit"),
    path("accounts/<int:pk>/names/new", editing.name_new, name="account-name-new"),
    path("accounts/<int:pk>/names/<int:name_pk>/delete", editing.name_delete, name="account-name-delete"),
    path("accounts/<int:pk>/team", editing.team, name="account-team"),
    path("accounts/<int:pk>/team/<int:user_pk>/remove", editing.team_remove, name="account-team-remove"),
    path("accounts/<int:pk>/owner", editing.owner, name="account-owner"),
    path("accounts/<int:pk>/volumes", losing.volumes, name="account-volumes"),
    path("accounts/<int:pk>/loss", losing.report, name="account-loss"),
    path("accounts/<int:pk>/loss/judge", losing.judge, name="account-loss-judge"),
    path("accounts/<int:pk>/loss/withdraw", losing.withdraw, name="account-loss-withdraw"),
    path("accounts/<int:pk>/claim", editing.claim, name="account-claim"),
    path("accounts/<int:pk>/delete", editing.delete, name="account-delete"),
    path("accounts/<int:pk>/contacts/new", contacts.contact_new, name="contact-new"),
    path("contacts", contact_listing.contact_list, name="contact-list"),
    path("contacts/<int:pk>", contacts.contact_detail, name="contact-detail"),
    path("contacts/<int:pk>/edit", contacts.contact_edit, name="contact-edit"),
    path("contacts/<int:pk>/delete", contacts.contact_delete, name="contact-delete"),
    path("contacts/<int:pk>/erase", contacts.contact_erase, name="contact-erase"),
    path("registrations", registration_listing.registration_list, name="registration-list"),
    path("registrations/new", registrations.registration_new, name="registration-new"),
    path("registrations/check", registrations.registration_check, name="registration-check"),
    path("registrations/arbitrate", registrations.registration_arbitrate, name="registration-arbitrate"),
    path("registrations/<int:pk>", registrations.registration_detail, name="registration-detail"),
    path("products", product_listing.product_list, name="product-list"),
    path("products/new", products.product_new, name="product-new"),
    path("products/<int:pk>", products.product_edit, name="product-edit"),
    path("products/<int:pk>/sale", products.product_sale, name="product-sale"),
    path("pick/<slug:source>", pickers.pick, name="pick"),
    path("files/<slug:kind>/<int:pk>", files.upload, name="file-upload"),
    path("files/<int:pk>", files.download, name="file-download"),
    path("files/<int:pk>/delete", files.delete, name="file-delete"),
]
