from django.contrib import admin
from django.urls import path

from .host.views import board, submit

urlpatterns = [
    path("admin/", admin.site.urls),
    path("tracks/", board),
    path("tracks/<int:number>/submit", submit),
]
