"""Addresses of the area `settings`."""

from django.urls import URLPattern, path

from openpsm.web.views.settings import (
    audit,
    custom_fields,
    departments,
    hub,
    jobs,
    parameters,
    processes,
    roles,
    user_listing,
    users,
)

urlpatterns: list[URLPattern] = [
    path("settings", hub.hub, name="settings"),
    path("settings/users", user_listing.user_list, name="user-list"),
    path("settings/users/invite", users.invite, name="user-invite"),
    path("settings/users/<int:pk>", users.edit, name="user-edit"),
    path("settings/users/<int:pk>/deactivate", users.deactivate, name="user-deactivate"),
    path("settings/users/<int:pk>/reactivate", users.reactivate, name="user-reactivate"),
    path("settings/users/<int:pk>/password", users.reset, name="user-password"),
    path("settings/users/<int:pk>/roles/new", users.grant, name="user-grant"),
    path("settings/users/<int:pk>/roles/<int:grant_id>/revoke", users.revoke, name="user-revoke"),
    path("settings/departments", departments.department_list, name="department-list"),
    path("settings/departments/new", departments.new, name="department-new"),
    path("settings/departments/<int:pk>/rename", departments.rename, name="department-rename"),
    path("settings/departments/<int:pk>/move", departments.move, name="department-move"),
    path("settings/departments/<int:pk>/managers", departments.managers, name="department-managers"),
    path("settings/departments/<int:pk>/close", departments.close, name="department-close"),
    path("settings/roles", roles.role_list, name="role-list"),
    path("settings/roles/new", roles.new, name="role-new"),
    path("settings/roles/<int:pk>", roles.edit, name="role-edit"),
    path("settings/roles/<int:pk>/delete", roles.delete, name="role-delete"),
    path("settings/parameters", parameters.parameter_list, name="parameter-list"),
    path("settings/parameters/<str:key>", parameters.edit, name="parameter-edit"),
    path("settings/parameters/<str:key>/restore", parameters.restore, name="parameter-restore"),
    path("settings/custom-fields", custom_fields.custom_field_list, name="custom-field-list"),
    path("settings/custom-fields/new", custom_fields.new, name="custom-field-new"),
    path("settings/custom-fields/<int:pk>/switch", custom_fields.switch, name="custom-field-switch"),
    path("settings/processes", processes.process_list, name="process-list"),
    path("settings/processes/<int:pk>", processes.process_detail, name="process-detail"),
    path("settings/jobs", jobs.job_list, name="job-list"),
    path("settings/jobs/<uuid:pk>/retry", jobs.retry, name="job-retry"),
    path("settings/audit", audit.audit, name="audit"),
]
