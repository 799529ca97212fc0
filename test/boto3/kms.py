"""What a Python program does with KMS through boto3, operation by operation; run by test/e2e/boto3.test.ts.

Bytes that come back are checked by Python's own library or by OpenSSL's command line. The variables of `postern env` lead the
clients; STAGE tells of the server's surroundings.
"""

import hashlib
import hmac
import json
import os
import secrets
import subprocess
import tempfile
import time
import unittest
import uuid

import boto3
from botocore.config import Config

stage = json.loads(os.environ["STAGE"])
FIRST_REGION = os.environ["AWS_REGION"]
OTHER_REGION = stage["otherRegion"]
PRINCIPAL = stage["principal"]
MESSAGE = b"A message that is signed and sealed"
CONTEXT = {"purpose": "test", "ключ": "значение"}
called = set()


def client_of(region, url):
    options = Config(retries={"total_max_attempts": 1})
    client = boto3.client("kms", region_name=region, endpoint_url=url, config=options)
    client.meta.events.register("before-call.kms", lambda model, **_: called.add(model.name))
    return client


kms = client_of(FIRST_REGION, os.environ["AWS_ENDPOINT_URL_KMS"])
# An endpoint is one Region's: the other is reached at the public door.
elsewhere = client_of(OTHER_REGION, stage["publicUrl"])
errors = kms.exceptions
KNOWN = set(kms.meta.service_model.operation_names)


def make_key(**options):
    return kms.create_key(**options)["KeyMetadata"]["Arn"]


def until(holds):
    """Waits as clients do: by asking."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def openssl(*words, **files):
    """Runs OpenSSL in a folder with these files; gives what it printed, or fails."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True).stdout


def pem_of(public_key):
    return openssl("pkey", "-pubin", "-inform", "DER", "-in", "der", der=public_key)


def verify_by_openssl(public_key, signature, digest="sha256", *options):
    words = ["dgst", f"-{digest}", "-verify", "pem", "-signature", "signature", *options, "message"]
    openssl(*words, pem=pem_of(public_key), signature=signature, message=MESSAGE)


class Encryption(unittest.TestCase):
    def test_round_trip(self):
        key, other = make_key(Description="by boto3"), make_key()
        sealed = kms.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionContext=CONTEXT)
        blob = sealed["CiphertextBlob"]

        opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
        moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=other)
        reopened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other)

        self.assertEqual([opened["Plaintext"], opened["KeyId"]], [MESSAGE, key])
        self.assertEqual([reopened["Plaintext"], moved["SourceKeyId"]], [MESSAGE, key])
        with self.assertRaises(errors.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext={"purpose": "another"})
        with self.assertRaises(errors.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=b"no ciphertext of KMS")
        with self.assertRaises(errors.IncorrectKeyException):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=other)
        if "GetKeyLastUsage" in KNOWN:
            self.assertIn("TrackingStartDate", kms.get_key_last_usage(KeyId=key))

    def test_rsa(self):
        key = make_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        public_key = kms.get_public_key(KeyId=key)["PublicKey"]
        for bits in ["1", "256"]:
            options = ["rsa_padding_mode:oaep", f"rsa_oaep_md:sha{bits}", f"rsa_mgf1_md:sha{bits}"]
            words = ["pkeyutl", "-encrypt", "-pubin", "-inkey", "pem", "-in", "message"]
            words += [word for option in options for word in ("-pkeyopt", option)]
            blob = openssl(*words, pem=pem_of(public_key), message=MESSAGE)
            algorithm = f"RSAES_OAEP_SHA_{bits}"

            opened = kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)

            self.assertEqual([opened["Plaintext"], opened["EncryptionAlgorithm"]], [MESSAGE, algorithm])

    def test_data_keys(self):
        given = {"KeyId": make_key(), "EncryptionContext": CONTEXT}
        data_key = kms.generate_data_key(**given, KeySpec="AES_128")
        closed = kms.generate_data_key_without_plaintext(**given, NumberOfBytes=1024)

        def opened(blob):
            return kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"]

        self.assertEqual(len(data_key["Plaintext"]), 16)
        self.assertEqual(opened(data_key["CiphertextBlob"]), data_key["Plaintext"])
        self.assertEqual(len(opened(closed["CiphertextBlob"])), 1024)
        self.assertEqual(len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]), 1024)

    def test_data_key_pairs(self):
        given = {"KeyId": make_key(), "EncryptionContext": CONTEXT}
        for spec in ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"]:
            with self.subTest(spec):
                pair = kms.generate_data_key_pair(**given, KeyPairSpec=spec)
                blob = pair["PrivateKeyCiphertextBlob"]
                opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"]

                # OpenSSL reads the private key and finds its public key to be the one beside it.
                public_key = openssl("pkey", "-inform", "DER", "-in", "key", "-pubout", "-outform", "DER", key=opened)

                self.assertEqual(opened, pair["PrivateKeyPlaintext"])
                self.assertEqual(public_key, pair["PublicKey"])
        closed = kms.generate_data_key_pair_without_plaintext(**given, KeyPairSpec="ECC_NIST_P256")
        self.assertNotIn("PrivateKeyPlaintext", closed)
        self.assertIn(b"BEGIN PUBLIC KEY", pem_of(closed["PublicKey"]))


class Signatures(unittest.TestCase):
    def signed(self, key, algorithm, **options):
        given = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": algorithm}
        signature = kms.sign(**given, **options)["Signature"]
        self.assertTrue(kms.verify(**given, Signature=signature)["SignatureValid"])
        with self.assertRaises(errors.KMSInvalidSignatureException):
            kms.verify(**{**given, "Message": b"another message"}, Signature=signature)
        return signature

    def test_rsa(self):
        key = make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        public_key = kms.get_public_key(KeyId=key)
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]

        self.assertEqual(public_key["KeySpec"], "RSA_2048")
        for algorithm in public_key["SigningAlgorithms"]:
            with self.subTest(algorithm):
                options = pss if "PSS" in algorithm else []
                signature = self.signed(key, algorithm)
                verify_by_openssl(public_key["PublicKey"], signature, f"sha{algorithm[-3:]}", *options)

    def test_ecdsa(self):
        for spec, bits in [("ECC_NIST_P256", 256), ("ECC_NIST_P521", 512), ("ECC_SECG_P256K1", 256)]:
            with self.subTest(spec):
                key = make_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
                public_key = kms.get_public_key(KeyId=key)["PublicKey"]
                verify_by_openssl(public_key, self.signed(key, f"ECDSA_SHA_{bits}"), f"sha{bits}")

    def test_digest(self):
        key = make_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
        digest = hashlib.sha384(MESSAGE).digest()

        made = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_384")

        verify_by_openssl(kms.get_public_key(KeyId=key)["PublicKey"], made["Signature"], "sha384")
        with self.assertRaises(errors.ClientError):
            kms.sign(KeyId=key, Message=digest[1:], MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_384")

    def test_usage(self):
        with self.assertRaises(errors.InvalidKeyUsageException):
            kms.sign(KeyId=make_key(), Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")

    def test_macs(self):
        key = make_key(KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
        given = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_384"}

        mac = kms.generate_mac(**given)["Mac"]

        self.assertTrue(kms.verify_mac(**given, Mac=mac)["MacValid"])
        with self.assertRaises(errors.KMSInvalidMacException):
            kms.verify_mac(**given, Mac=hmac.digest(b"another key", MESSAGE, "sha384"))

    def test_imported_mac_key(self):
        """An imported key is known, so that Python can tell what its code has to be."""
        key, material = make_key(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"), secrets.token_bytes(32)
        Material.import_material(key, material)

        made = kms.generate_mac(KeyId=key, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")

        self.assertEqual(made["Mac"], hmac.digest(material, MESSAGE, "sha256"))

    if "DeriveSharedSecret" in KNOWN:

        def test_agreement(self):
            key = make_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
            mine = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
            my_public_key = openssl("pkey", "-in", "key", "-pubout", "-outform", "DER", key=mine)

            made = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=my_public_key)

            peer = pem_of(kms.get_public_key(KeyId=key)["PublicKey"])
            derived = openssl("pkeyutl", "-derive", "-inkey", "key", "-peerkey", "peer", key=mine, peer=peer)
            self.assertEqual(made["SharedSecret"], derived)


class Names(unittest.TestCase):
    def test_aliases(self):
        key, other = make_key(), make_key()
        aliases = sorted(f"alias/boto3/{uuid.uuid4()}" for _ in range(3))
        for alias in aliases:
            kms.create_alias(AliasName=alias, TargetKeyId=key)
        with self.assertRaises(errors.AlreadyExistsException):
            kms.create_alias(AliasName=aliases[0], TargetKeyId=key)
        # As AWS: not the InvalidAliasNameException of the model.
        with self.assertRaisesRegex(errors.ClientError, "ValidationException.*alias/no:colon contains invalid characters"):
            kms.create_alias(AliasName="alias/no:colon", TargetKeyId=key)

        pages = list(kms.get_paginator("list_aliases").paginate(KeyId=key, PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["Aliases"]) for page in pages], [2, 1])
        self.assertEqual(sorted(alias["AliasName"] for page in pages for alias in page["Aliases"]), aliases)

        kms.update_alias(AliasName=aliases[0], TargetKeyId=other)
        self.assertEqual(kms.describe_key(KeyId=aliases[0])["KeyMetadata"]["Arn"], other)
        kms.delete_alias(AliasName=aliases[0])
        with self.assertRaises(errors.NotFoundException):
            kms.describe_key(KeyId=aliases[0])

    def test_tags(self):
        key = make_key(Tags=[{"TagKey": f"tag{number}", "TagValue": str(number)} for number in range(3)])
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "tag1", "TagValue": "anew"}])
        kms.untag_resource(KeyId=key, TagKeys=["tag2"])

        pages = list(kms.get_paginator("list_resource_tags").paginate(KeyId=key, PaginationConfig={"PageSize": 1}))

        self.assertEqual(len(pages), 2)
        tags = {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}
        self.assertEqual(tags, {"tag0": "0", "tag1": "anew"})
        with self.assertRaises(errors.TagException):
            kms.tag_resource(KeyId=key, Tags=[{"TagKey": "aws:mine", "TagValue": ""}])

    def test_policies(self):
        key = make_key()
        document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        self.assertEqual(document["Statement"][0]["Principal"], {"AWS": PRINCIPAL})
        document["Statement"][0]["Sid"] = "Anew"

        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))

        self.assertEqual(json.loads(kms.get_key_policy(KeyId=key)["Policy"]), document)
        pages = kms.get_paginator("list_key_policies").paginate(KeyId=key)
        self.assertEqual(pages.build_full_result()["PolicyNames"], ["default"])
        with self.assertRaises(errors.MalformedPolicyDocumentException):
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy="{}")

    def test_keys(self):
        made = {make_key() for _ in range(3)}
        pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))

        self.assertGreater(len(pages), 1)
        self.assertLessEqual(made, {key["KeyArn"] for page in pages for key in page["Keys"]})
        with self.assertRaises(errors.InvalidMarkerException):
            kms.list_keys(Marker="not from here")
        with self.assertRaises(errors.NotFoundException) as raised:
            kms.describe_key(KeyId=str(uuid.uuid4()))
        answer = raised.exception.response
        self.assertEqual(answer["Error"]["Code"], "NotFoundException")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertRegex(answer["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        self.assertEqual(kms.waiter_names, [])


class Life(unittest.TestCase):
    def test_states(self):
        key = make_key()
        kms.update_key_description(KeyId=key, Description="anew")
        kms.disable_key(KeyId=key)
        with self.assertRaises(errors.DisabledException):
            kms.encrypt(KeyId=key, Plaintext=MESSAGE)
        kms.enable_key(KeyId=key)
        deletion = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        self.assertEqual([metadata["KeyState"], metadata["Description"]], ["PendingDeletion", "anew"])
        # Instants arrive as instants, of the same moment.
        self.assertEqual(metadata["DeletionDate"], deletion["DeletionDate"])
        self.assertAlmostEqual((deletion["DeletionDate"].timestamp() - time.time()) / 86_400, 7, delta=1.1)
        with self.assertRaises(errors.KMSInvalidStateException):
            kms.encrypt(KeyId=key, Plaintext=MESSAGE)
        self.assertEqual(kms.cancel_key_deletion(KeyId=key)["KeyId"], key)

    def test_rotation(self):
        key = make_key()
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
        status = kms.get_key_rotation_status(KeyId=key)
        self.assertEqual([status["KeyRotationEnabled"], status["RotationPeriodInDays"]], [True, 180])
        kms.disable_key_rotation(KeyId=key)
        self.assertFalse(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        blobs = []
        for count in range(1, 4):
            blobs.append(kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"])
            kms.rotate_key_on_demand(KeyId=key)
            until(lambda: len(kms.list_key_rotations(KeyId=key)["Rotations"]) == count)
        pages = list(kms.get_paginator("list_key_rotations").paginate(KeyId=key, PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["Rotations"]) for page in pages], [2, 1])
        for blob in blobs:
            self.assertEqual(kms.decrypt(CiphertextBlob=blob)["Plaintext"], MESSAGE)

    def test_dry_run(self):
        with self.assertRaises(errors.DryRunOperationException):
            kms.encrypt(KeyId=make_key(), Plaintext=MESSAGE, DryRun=True)

    def test_grants(self):
        key = make_key()
        given = {"KeyId": key, "GranteePrincipal": PRINCIPAL, "RetiringPrincipal": PRINCIPAL}
        made = [
            kms.create_grant(**given, Name=name, Operations=["Decrypt"], Constraints={"EncryptionContextEquals": CONTEXT})
            for name in ["one", "two", "three"]
        ]
        tokens = [grant["GrantToken"] for grant in made]
        kms.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionContext=CONTEXT, GrantTokens=tokens)

        pages = list(kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["Grants"]) for page in pages], [2, 1])
        retirable = kms.get_paginator("list_retirable_grants") if kms.can_paginate("list_retirable_grants") else None
        found = (
            retirable.paginate(RetiringPrincipal=PRINCIPAL).build_full_result()
            if retirable
            else kms.list_retirable_grants(RetiringPrincipal=PRINCIPAL)
        )
        self.assertLessEqual({grant["GrantId"] for grant in made}, {grant["GrantId"] for grant in found["Grants"]})

        kms.retire_grant(GrantToken=tokens[0])
        kms.retire_grant(KeyId=key, GrantId=made[1]["GrantId"])
        kms.revoke_grant(KeyId=key, GrantId=made[2]["GrantId"])
        self.assertEqual(kms.list_grants(KeyId=key)["Grants"], [])
        with self.assertRaises(errors.InvalidGrantTokenException):
            kms.encrypt(KeyId=key, Plaintext=MESSAGE, GrantTokens=["no token"])


class Material(unittest.TestCase):
    @staticmethod
    def import_material(key, material):
        given = {"KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        parameters = kms.get_parameters_for_import(**given)
        options = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
        words = ["pkeyutl", "-encrypt", "-pubin", "-inkey", "pem", "-in", "material"]
        words += [word for option in options for word in ("-pkeyopt", option)]
        wrapped = openssl(*words, pem=pem_of(parameters["PublicKey"]), material=material)
        kms.import_key_material(
            KeyId=key,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        return parameters, wrapped

    def test_imports(self):
        key, material = make_key(Origin="EXTERNAL"), secrets.token_bytes(32)
        parameters, wrapped = self.import_material(key, material)
        blob = kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"]
        kms.delete_imported_key_material(KeyId=key)
        with self.assertRaises(errors.KMSInvalidStateException):
            kms.decrypt(CiphertextBlob=blob)

        given = {"KeyId": key, "EncryptedKeyMaterial": wrapped, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        with self.assertRaises(errors.InvalidImportTokenException):
            kms.import_key_material(**given, ImportToken=bytes(len(parameters["ImportToken"])))
        with self.assertRaises(errors.IncorrectKeyMaterialException):
            self.import_material(key, secrets.token_bytes(32))
        self.import_material(key, material)
        self.assertEqual(kms.decrypt(CiphertextBlob=blob)["Plaintext"], MESSAGE)

    def test_regions(self):
        key = make_key(MultiRegion=True)
        replica = key.replace(FIRST_REGION, OTHER_REGION)
        blob = kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"]
        kms.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION, Tags=[{"TagKey": "in", "TagValue": "Ireland"}])
        until(lambda: elsewhere.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "Enabled")

        self.assertEqual(elsewhere.decrypt(CiphertextBlob=blob, KeyId=replica)["Plaintext"], MESSAGE)
        kms.update_primary_region(KeyId=key, PrimaryRegion=OTHER_REGION)

        until(lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled")
        regions = elsewhere.describe_key(KeyId=replica)["KeyMetadata"]["MultiRegionConfiguration"]
        self.assertEqual(regions["PrimaryKey"], {"Arn": replica, "Region": OTHER_REGION})
        self.assertEqual(regions["ReplicaKeys"], [{"Arn": key, "Region": FIRST_REGION}])
        with self.assertRaises(errors.UnsupportedOperationException):
            kms.replicate_key(KeyId=make_key(), ReplicaRegion=OTHER_REGION)


class KeyStores(unittest.TestCase):
    def test_external(self):
        proxy, name = stage["proxy"], f"boto3-{uuid.uuid4()}"
        store = kms.create_custom_key_store(
            CustomKeyStoreName=name,
            CustomKeyStoreType="EXTERNAL_KEY_STORE",
            XksProxyConnectivity="PUBLIC_ENDPOINT",
            XksProxyUriEndpoint=proxy["uriEndpoint"],
            XksProxyUriPath=proxy["uriPath"],
            XksProxyAuthenticationCredential=proxy["credential"],
        )["CustomKeyStoreId"]

        def has_become(state):
            (found,) = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
            return found["ConnectionState"] == state

        kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName=f"{name}-anew")
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        until(lambda: has_become("CONNECTED"))
        with self.assertRaises(errors.CustomKeyStoreInvalidStateException):
            kms.delete_custom_key_store(CustomKeyStoreId=store)
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        until(lambda: has_become("DISCONNECTED"))
        stores = kms.get_paginator("describe_custom_key_stores").paginate().build_full_result()["CustomKeyStores"]
        self.assertIn(f"{name}-anew", [found["CustomKeyStoreName"] for found in stores])
        kms.delete_custom_key_store(CustomKeyStoreId=store)
        with self.assertRaises(errors.CustomKeyStoreNotFoundException):
            kms.describe_custom_key_stores(CustomKeyStoreId=store)


    def test_cloudhsm(self):
        """No cluster is known to a server without HSMs."""
        given = {"CustomKeyStoreName": "hsm", "CloudHsmClusterId": "cluster-234234234ab", "KeyStorePassword": "password"}
        with self.assertRaises(errors.CloudHsmClusterNotFoundException):
            kms.create_custom_key_store(**given, TrustAnchorCertificate=stage["certificate"])
        with self.assertRaises(errors.IncorrectTrustAnchorException):
            kms.create_custom_key_store(**given, TrustAnchorCertificate="no certificate")


class Operations(unittest.TestCase):
    def test_zz_every_operation_was_called(self):
        self.assertEqual(called, KNOWN)


if __name__ == "__main__":
    # In the order of the classes as they stand: the last one asks what the others did.
    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for case in [Encryption, Signatures, Names, Life, Material, KeyStores, Operations]:
        suite.addTests(loader.loadTestsFromTestCase(case))
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    raise SystemExit(0 if outcome.wasSuccessful() else 1)
