"""What single commands of the remedies do when they run, with the programs replaced."""

import base64
import json
from pathlib import Path

import pytest
from test_remedy import APP, OLD, PODS, TENANT, VAULT, subject
from test_remedy_commands import SECRET, run

from exporter.model import Cause
from exporter.remedy import Subject, plan, remedy
from exporter.remedy.fill import filled
from exporter.remedy.steps import STEPS


def test_the_ids_reach_az(tmp_path: Path) -> None:
    steps = {step.name: step for step in remedy(Cause.EXPIRED, subject())}
    listing, deletion = run([steps["list"].command, steps["delete_old"].command], tmp_path)
    assert listing[0][:6] == ["az", "ad", "app", "credential", "list", "--id"]
    assert listing[0][6] == APP
    assert deletion == [
        ["az", "ad", "app", "credential", "delete", "--id", APP, "--key-id", OLD],
    ]


def test_created_secret_is_in_a_file_for_its_owner_alone_without_a_line_break(
    tmp_path: Path,
) -> None:
    run([f"rm new-secret; {STEPS['create_secret'].command}"], tmp_path)
    created = tmp_path / "new-secret"
    assert created.read_text() == SECRET
    assert created.stat().st_mode & 0o777 == 0o600


def test_failed_creation_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    run([f"az() {{ return 1; }}\n{STEPS['create_secret'].command}"], tmp_path)
    assert (tmp_path / "new-secret").read_text() == SECRET


def test_pasted_secret_is_saved_as_it_is(tmp_path: Path) -> None:
    pasted = "  a\\b 'c' $(touch PWNED)"
    run([f"rm new-secret; {STEPS['save_secret'].command}"], tmp_path, given=f"{pasted}\n")
    assert (tmp_path / "new-secret").read_text() == pasted


def test_kubernetes_gets_the_secret_through_a_pipe(tmp_path: Path) -> None:
    about = subject(consumer="aks", details=PODS)
    step = next(s for s in remedy(Cause.EXPIRED, about) if s.name == "store_kubernetes")
    [calls] = run([step.command], tmp_path)
    assert next(call[:6] for call in calls if call[0] == "kubectl") == [
        "kubectl",
        "patch",
        "secret",
        "credentials",
        "--namespace",
        "billing",
    ]
    patch = json.loads((tmp_path / "patched").read_text())
    assert base64.b64decode(patch["data"]["secret"]).decode() == SECRET
    assert list(patch) == ["data"]


@pytest.mark.parametrize("name", ["store_file", "store_repository", "prove_value", "prove_sql"])
def test_secret_arrives_byte_for_byte(name: str, tmp_path: Path) -> None:
    run([filled(STEPS[name], Subject()).command], tmp_path)
    assert (tmp_path / "piped").read_text() == SECRET


def test_environment_file_keeps_its_other_lines(tmp_path: Path) -> None:
    environment = tmp_path / "billing.env"
    environment.write_text("A=1\nBILLING_SECRET=old\nB=2\n")
    details = {"environment_file": str(environment), "variable": "BILLING_SECRET"}
    about = subject(consumer="vm", details=details)
    step = next(s for s in remedy(Cause.EXPIRED, about) if s.name == "store_env_file")
    run([f'sudo() {{ "$@"; }}\n{step.command}'], tmp_path)
    assert environment.read_text() == f"A=1\nB=2\nBILLING_SECRET={SECRET}\n"
    assert sorted(path.name for path in tmp_path.glob("billing*")) == ["billing.env"]


def test_trial_sign_in_leaves_ones_own_alone(tmp_path: Path) -> None:
    sign_in = next(s for s in remedy(Cause.REVOKED, subject()) if s.name == "prove_sign_in")
    spy = 'az() { printf %s "$AZURE_CONFIG_DIR" > config-dir; }\n'
    run([spy + sign_in.command], tmp_path)
    directory = Path((tmp_path / "config-dir").read_text())
    assert directory.is_absolute()
    assert not directory.exists()
    [calls] = run([f"mktemp() {{ return 1; }}\n{sign_in.command}"], tmp_path)
    assert not [call for call in calls if call[0] == "az"]
    assert f"--tenant {TENANT}" in sign_in.command


def test_pair_is_not_registered_when_openssl_found_no_certificate(tmp_path: Path) -> None:
    step = next(
        s for s in remedy(Cause.CERTIFICATE_NOT_REGISTERED, subject()) if s.name.startswith("reg")
    )
    [calls] = run([f"openssl() {{ return 1; }}\n{step.command}"], tmp_path)
    assert not [call for call in calls if call[0] == "az"]


def test_role_is_for_the_one_secret_of_the_vault(tmp_path: Path) -> None:
    step = next(s for s in remedy(Cause.SOURCE_UNREADABLE, subject(VAULT)) if "allow" in s.name)
    vault = "/subscriptions/s/vaults/billing"
    spy = f'az() {{ printf "%s\\n" "$@" >> az-was; echo {vault}; }}\n'
    run([spy + step.command], tmp_path)
    assert (tmp_path / "az-was").read_text().splitlines()[-1] == f"{vault}/secrets/billing-secret"
    assert step.title.startswith("If access is denied: ")


def test_managed_identity_is_granted_the_permission_to_read_applications(tmp_path: Path) -> None:
    steps = {step.name: step for step in plan("poll_failing", Subject())}
    [calls] = run([steps["grant_read_identity"].command], tmp_path)
    [call] = [call for call in calls if "POST" in call]
    some_id = "00000000-1111-2222-3333-444444444444"
    assert json.loads(call[call.index("--body") + 1]) == {
        "principalId": some_id,
        "resourceId": some_id,
        "appRoleId": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    }
    assert (
        f"https://graph.microsoft.com/v1.0/servicePrincipals/{some_id}/appRoleAssignments" in call
    )
