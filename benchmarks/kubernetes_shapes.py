"""Kubernetes objects, as `kubectl get -o json` shows them."""

from __future__ import annotations

import orjson

from benchmarks.draw import Body, Draw, Place

_NAMESPACES = ("orders", "payments", "catalog", "billing", "kube-system", "ingress", "monitoring")


def _metadata(draw: Draw, name: str, namespace: str, app: str, owner: Body | None = None) -> Body:
    labels = {
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": app,
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"{app}-1.{draw.number(40)}.0",
    }
    fields = [
        {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": draw.time(), "fieldsType": "FieldsV1"}
        for manager in ("helm", "kube-controller-manager")
    ]
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": draw.guid(),
        "resourceVersion": str(draw.number(10**9)),
        "generation": draw.number(1, 9),
        "creationTimestamp": draw.time(),
        "labels": labels,
        "annotations": {
            "meta.helm.sh/release-name": app,
            "meta.helm.sh/release-namespace": namespace,
            "checksum/config": draw.guid() + draw.guid(),
            "contoso.example/runbook": f"https://wiki.contoso.example/runbooks/{app}#what-to-do-when-it-is-down",
        },
        "managedFields": fields,
    }
    if owner:
        metadata["ownerReferences"] = [{**owner, "controller": True, "blockOwnerDeletion": True}]
    return metadata


def _container(draw: Draw, app: str) -> Body:
    context = {
        "allowPrivilegeEscalation": draw.flag(False),
        "readOnlyRootFilesystem": draw.flag(True, 0.2),
        "runAsNonRoot": draw.flag(True),
        "privileged": draw.flag(False, 0.02),
        "capabilities": {"drop": ["ALL"] if draw.chance(0.85) else ["NET_RAW"]},
        "seccompProfile": {"type": draw.good("RuntimeDefault", "Unconfined")},
    }
    probe = {
        "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"},
        "periodSeconds": 10,
        "failureThreshold": 3,
    }
    return {
        "name": app,
        "image": f"crcontoso.azurecr.io/{app}@sha256:{draw.guid().replace('-', '') * 2}",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [
            {"name": f"SETTING_{number}", "value": f"value of setting {number}"} for number in range(draw.number(8, 30))
        ],
        "resources": {
            "limits": {"memory": "512Mi", **({"cpu": "1"} if draw.chance(0.8) else {})},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
        ],
        "livenessProbe": probe,
        "readinessProbe": probe,
        "terminationMessagePath": "/dev/termination-log",
        "securityContext": draw.without(context, "privileged", "seccompProfile", "readOnlyRootFilesystem"),
    }


def _pod_spec(draw: Draw, app: str) -> Body:
    spec = {
        "containers": [_container(draw, app) for _ in range(draw.pick((1, 1, 2)))],
        "serviceAccountName": app,
        "automountServiceAccountToken": False,
        "hostNetwork": draw.flag(False, 0.03),
        "hostPID": False,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {"fsGroup": 2000, "runAsNonRoot": draw.flag(True)},
        "schedulerName": "default-scheduler",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "config", "configMap": {"name": app, "defaultMode": 420}},
        ],
    }
    return draw.without(spec, "hostNetwork", "hostPID", p=0.6)


def _status(draw: Draw, container: Body) -> Body:
    ended = {"exitCode": 143, "reason": "Completed", "startedAt": draw.time(), "finishedAt": draw.time()}
    return {
        "name": container["name"],
        "state": {"running": {"startedAt": draw.time()}},
        "lastState": {"terminated": ended},
        "ready": True,
        "restartCount": draw.number(9),
        "image": container["image"],
        "imageID": container["image"],
        "containerID": f"containerd://{draw.guid()}{draw.guid()}",
        "started": True,
        "volumeMounts": container["volumeMounts"],
    }


def _with_last_applied(body: Body) -> Body:
    """What `kubectl apply` leaves behind: the whole object once more, as text."""
    applied = {"apiVersion": body["apiVersion"], "kind": body["kind"], "spec": body.get("spec")}
    text = orjson.dumps(applied).decode()
    body["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = text
    return body


def application(draw: Draw, _place: Place) -> list[Body]:
    """A deployment with everything below and around it."""
    app, namespace = draw.name("app"), draw.pick(_NAMESPACES)
    spec = _pod_spec(draw, app)
    template = {"metadata": {"labels": {"app.kubernetes.io/name": app}}, "spec": spec}
    selector = {"matchLabels": {"app.kubernetes.io/name": app}}
    status = {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "observedGeneration": 3}

    def made(version: str, kind: str, name: str, owner: Body | None = None, **parts: object) -> Body:
        return {"apiVersion": version, "kind": kind, "metadata": _metadata(draw, name, namespace, app, owner), **parts}

    deployment = made(
        "apps/v1", "Deployment", app, spec={"replicas": 2, "selector": selector, "template": template}, status=status
    )
    above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": app, "uid": deployment["metadata"]["uid"]}
    found = [_with_last_applied(deployment) if draw.chance(0.6) else deployment]
    for revision in range(draw.number(1, 4)):
        body = {"replicas": 0 if revision else 2, "selector": selector, "template": template}
        found.append(made("apps/v1", "ReplicaSet", f"{app}-{revision}", above, spec=body, status=status))
    set_above = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{app}-0", "uid": found[1]["metadata"]["uid"]}
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": draw.time()}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    for number in range(2):
        where = {"phase": "Running", "conditions": conditions, "hostIP": draw.address(), "podIP": draw.address()}
        where["containerStatuses"] = [_status(draw, container) for container in spec["containers"]]
        pod = {**spec, "nodeName": f"aks-pool0-{draw.number(10**8)}-vmss000001"}
        found.append(made("v1", "Pod", f"{app}-0-{number}", set_above, spec=pod, status=where))
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    found.append(made("v1", "Service", app, spec={"type": "ClusterIP", "clusterIP": draw.address(), "ports": ports}))
    found.append(made("v1", "ServiceAccount", app, automountServiceAccountToken=False))
    settings = {f"key-{number}": "what the application reads at its start " * draw.number(1, 4) for number in range(20)}
    found.append(made("v1", "ConfigMap", app, data=settings))
    if draw.chance(0.3):
        rule = {"host": f"{app}.contoso.example", "http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}
        tls = [{"hosts": [f"{app}.contoso.example"], "secretName": f"{app}-tls"}] if draw.chance(0.85) else []
        found.append(
            made(
                "networking.k8s.io/v1",
                "Ingress",
                app,
                spec={"ingressClassName": "internal", "rules": [rule], "tls": tls},
            )
        )
        ready = {"type": "Ready", "status": "False" if draw.chance(0.05) else "True", "reason": "Ready"}
        times = {"notAfter": draw.time(0, 120), "renewalTime": draw.time(0, 60)}
        secret = {"secretName": f"{app}-tls", "dnsNames": [f"{app}.contoso.example"]}
        found.append(
            made("cert-manager.io/v1", "Certificate", app, spec=secret, status={"conditions": [ready], **times})
        )
    return found
