"""What the tables of virtual machines and scale sets share. `at`: where the profile of a machine begins."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Part

_EXISTING_DISK: Final = "os_managed_disk_id"
"""A machine of an existing disk has the settings of the system on it."""


def security(at: str) -> tuple[Part, ...]:
    """Encryption by the host, and how the machine starts."""
    return (
        Attr("encryption_at_host_enabled", f"{at}.securityProfile.encryptionAtHost", default=False),
        Attr("secure_boot_enabled", f"{at}.securityProfile.uefiSettings.secureBootEnabled", default=False),
        Attr("vtpm_enabled", f"{at}.securityProfile.uefiSettings.vTpmEnabled", default=False),
    )


def linux(at: str) -> tuple[Part, ...]:
    """How people sign in."""
    place = f"{at}.osProfile.linuxConfiguration.disablePasswordAuthentication"
    return (Attr("disable_password_authentication", place, default=True, unset=True, unless=_EXISTING_DISK),)


def windows(at: str) -> tuple[Part, ...]:
    """Where updates come from."""
    place = f"{at}.osProfile.windowsConfiguration.enableAutomaticUpdates"
    names = "automatic_updates_enabled|enable_automatic_updates"
    return (Attr(names, place, default=True, unset=True, unless=_EXISTING_DISK),)


def classic(at: str) -> tuple[Part, ...]:
    """How people sign in, and updates, as the types that azurerm replaced have them."""
    return (
        Block(
            "os_profile_linux_config",
            f"{at}.osProfile.linuxConfiguration",
            (Attr("disable_password_authentication", "disablePasswordAuthentication"),),
        ),
        Block(
            "os_profile_windows_config",
            f"{at}.osProfile.windowsConfiguration",
            (Attr("enable_automatic_upgrades", "enableAutomaticUpdates", otherwise=False),),
        ),
    )
