"""What the configuration of Zero to JupyterHub's chart does that ours builds on, from the same values."""

import os
from pathlib import Path

import yaml

c = get_config()  # noqa: F821 (JupyterHub puts it here)

SECRET = Path("/usr/local/etc/jupyterhub/secret")
values = yaml.safe_load((SECRET / "values.yaml").read_text())
single, cull = values["singleuser"], values["cull"]
storage = single["storage"]

c.JupyterHub.base_url = values["hub"]["baseUrl"]
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.hub_bind_url = "http://:8081"
c.JupyterHub.hub_connect_url = f"http://hub:{os.environ['HUB_SERVICE_PORT']}"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 60
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.JupyterHub.cookie_secret = (SECRET / "hub.config.JupyterHub.cookie_secret").read_text()
c.CryptKeeper.keys = [(SECRET / "hub.config.CryptKeeper.keys").read_text()]
c.ConfigurableHTTPProxy.api_url = f"http://proxy-api:{os.environ['PROXY_API_SERVICE_PORT']}"
c.ConfigurableHTTPProxy.should_start = False

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
c.KubeSpawner.common_labels = {
    "app.kubernetes.io/name": "jupyterhub",
    "app.kubernetes.io/instance": os.environ["HELM_RELEASE_NAME"],
    "app.kubernetes.io/managed-by": "kubespawner",
}
c.KubeSpawner.extra_labels = {"hub.jupyter.org/network-access-hub": "true"}
c.KubeSpawner.image = f"{single['image']['name']}:{single['image']['tag']}"
c.KubeSpawner.start_timeout = single["startTimeout"]
c.KubeSpawner.cpu_limit, c.KubeSpawner.cpu_guarantee = single["cpu"]["limit"], single["cpu"]["guarantee"]
c.KubeSpawner.mem_limit, c.KubeSpawner.mem_guarantee = single["memory"]["limit"], single["memory"]["guarantee"]
c.KubeSpawner.profile_list = single["profileList"]
c.KubeSpawner.environment = single.get("extraEnv", {})
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_capacity = storage["capacity"]
c.KubeSpawner.volumes = {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}}
c.KubeSpawner.volume_mounts = {"home": {"name": "home", "mountPath": storage["homeMountPath"]}}
c.Spawner.cmd = single["cmd"]

c.JupyterHub.services = [
    {"name": name, "api_token": (SECRET / f"hub.services.{name}.apiToken").read_text()}
    for name in values["hub"]["services"]
]
c.JupyterHub.load_roles = []
if cull["enabled"]:
    url = f"http://localhost:8081{values['hub']['baseUrl']}hub/api"
    command = ["python3", "-m", "jupyterhub_idle_culler", f"--url={url}", f"--timeout={cull['timeout']}"]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    name = "jupyterhub-idle-culler"
    c.JupyterHub.services.append({"name": name, "command": [*command, f"--cull-every={cull['every']}"]})
    c.JupyterHub.load_roles.append({"name": name, "scopes": scopes, "services": [name]})

for section, settings in values["hub"].get("config", {}).items():
    c[section].update(settings)
for file in sorted(Path("/usr/local/etc/jupyterhub/jupyterhub_config.d").glob("*.py")):
    exec(compile(file.read_text(), str(file), "exec"))
