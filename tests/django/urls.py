from django.contrib import admin
from django.urls import path

from .host.views import board, register, submit

urlpatterns = [
    path("admin/", admin.site.urls),
    path("tracks/", board),
    path("tracks/register", register),
    path("tracks/<int:number>/submit", submit),
]
