"""Built-in roles of Azure, by the name that `role_definition_name` takes. Pure data.

Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles. A role that is not listed may be a
custom one, or one that is newer: its id is unknown.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown

_PREFIX: Final = "/providers/Microsoft.Authorization/roleDefinitions/"
_IDS: Final = {
    "api management developer portal content editor": "c031e6a8-4391-4de0-8d69-4706a7ed3729",
    "api management service contributor": "312a565d-c81f-4fd8-895a-4e21e48d571c",
    "api management service operator role": "e022efe7-f5ba-4159-bbe4-b44f577e9b61",
    "api management service reader role": "71522526-b88f-4d52-b57f-d31fc3546d0d",
    "api management service workspace api developer": "9565a273-41b9-4368-97d2-aeb0c976a9b3",
    "api management service workspace api product manager": "d59a3e9c-6d52-4a5a-aeed-6bf3cf0e31da",
    "api management workspace api developer": "56328988-075d-4c6a-8766-d93edd6725b6",
    "api management workspace api product manager": "73c2c328-d004-4c5e-938c-35c6f5679a1f",
    "api management workspace contributor": "0c34c906-8d99-4cb7-8bb7-33f5b0a1a799",
    "api management workspace reader": "ef1c2c96-4a77-49e8-b9a4-6179fe1d2fd2",
    "acrpull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "acrpush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "azure kubernetes fleet manager contributor role": "63bb64ad-9799-4770-b5c3-24ed299a07bf",
    "azure kubernetes fleet manager rbac admin": "434fb43a-c01c-447e-9f67-c3ad923cfaba",
    "azure kubernetes fleet manager rbac cluster admin": "18ab4d3d-a1bf-4477-8ad9-8359bc988f69",
    "azure kubernetes fleet manager rbac reader": "30b27cfc-9c84-438e-b0ce-70e35255df80",
    "azure kubernetes fleet manager rbac writer": "5af6afb3-c06c-4fa4-8848-71a8aee05683",
    "azure kubernetes service cluster admin role": "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    "azure kubernetes service cluster monitoring user": "1afdec4b-e479-420e-99e7-f82237c7c5e6",
    "azure kubernetes service cluster user role": "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
    "azure kubernetes service contributor role": "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
    "azure kubernetes service rbac admin": "3498e952-d568-435e-9b2c-8d77e338d7f7",
    "azure kubernetes service rbac cluster admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
    "azure kubernetes service rbac reader": "7f6c6a51-bcf8-42ba-9220-52d62157d7db",
    "azure kubernetes service rbac writer": "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
    "contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "dns resolver contributor": "0f2ebee7-ffd4-4fc0-b3b7-664099fdad5d",
    "dns zone contributor": "befefa01-2a29-4197-83a8-272ff33ce314",
    "domain services contributor": "eeaeda52-9324-47f6-8069-5d5bade478b2",
    "domain services reader": "361898ef-9ed1-48c2-849c-a832951106bb",
    "key vault administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "key vault certificate user": "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
    "key vault certificates officer": "a4417e6f-fecd-4de8-b567-7b0420556985",
    "key vault contributor": "f25e0fa2-a7c8-4377-a976-54943a77a395",
    "key vault crypto officer": "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
    "key vault crypto service encryption user": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "key vault crypto user": "12338af0-0e69-4776-bea7-57ae8d297424",
    "key vault reader": "21090545-7ca7-4776-b22c-e363652d74d2",
    "key vault secrets officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "key vault secrets user": "4633458b-17de-408a-b874-0445c86b69e6",
    "kubernetes agentless operator": "d5a2ae44-610b-4500-93be-660a0c5f5ca6",
    "log analytics contributor": "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
    "log analytics reader": "73c42c96-874c-492b-b04d-ab87d138a893",
    "managed identity operator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "monitoring contributor": "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
    "monitoring metrics publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "monitoring reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    "network contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "private dns zone contributor": "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
    "reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "reservation purchaser": "f7b75c60-3036-4b75-91c3-6b41c27c1689",
    "resource policy contributor": "36243c78-bf99-498c-9df9-86d9f8d28608",
    "role based access control administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "sql db contributor": "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec",
    "sql security manager": "056cd41c-7e88-42e1-933e-88ba6a50c9c3",
    "sql server contributor": "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437",
    "sqldb migration role": "189207d4-bb67-4208-a635-b06afe8b2c57",
    "storage blob data contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storage blob data owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storage blob data reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "user access administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "virtual machine contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
}


def role_definition_id(value: Any) -> Any:
    """The id of a role that is given by its id or by its name; unknown for a name that is not known here."""
    if not isinstance(value, str) or "/" in value:
        return value
    known = _IDS.get(value.strip().casefold())
    return _PREFIX + known if known else Unknown(f"the plan names the role {value}, and not its id")
