/* Keys for tests: from RFCs or made for this file, so nobody may use them for anything else.
 *
 *     TRY(signing_key_new(STR(RFC7515_A3_PEM), &key, &problem)); */
#ifndef TESTS_UNIT_COMMON_CRYPTO_RFC_KEYS_H
#define TESTS_UNIT_COMMON_CRYPTO_RFC_KEYS_H

/* RSA of 2048 bits: RFC 7515 A.2, as PKCS #8. */
#define RFC7515_A2_PEM                                                                             \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO\n"                           \
    "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL\n"                           \
    "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn\n"                           \
    "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5\n"                           \
    "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf\n"                           \
    "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg\n"                           \
    "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW\n"                           \
    "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G\n"                           \
    "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj\n"                           \
    "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6\n"                           \
    "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB\n"                           \
    "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K\n"                           \
    "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr\n"                           \
    "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE\n"                           \
    "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6\n"                           \
    "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP\n"                           \
    "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw\n"                           \
    "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp\n"                           \
    "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2\n"                           \
    "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/\n"                           \
    "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG\n"                           \
    "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj\n"                           \
    "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2\n"                           \
    "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3\n"                           \
    "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\n"                           \
    "03k2+ZQwVK0JKSHuLFkuQ3U=\n"                                                                   \
    "-----END PRIVATE KEY-----\n"

/* The same in the older form. */
#define RFC7515_A2_PKCS1_PEM                                                                       \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                                            \
    "MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0\n"                           \
    "l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pC\n"                           \
    "gNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSX\n"                           \
    "ndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD\n"                           \
    "Zlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8\n"                           \
    "q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQABAoIBABKucaRpzQorw35S\n"                           \
    "bEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/xkObCyjIL303l2cf\n"                           \
    "UhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvhowVWmC1O\n"                           \
    "n95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK\n"                           \
    "Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f\n"                           \
    "40493HDw1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlU\n"                           \
    "bjqKc50CgYEA4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnE\n"                           \
    "tfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPG\n"                           \
    "BY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTBgIPgtldC+KDV5z+y2XDwGUcCgYEAuQPE\n"                           \
    "fgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYs\n"                           \
    "p1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA+njbglfIsRLtXlnD\n"                           \
    "zQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wVkMVkKdb7\n"                           \
    "DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4\n"                           \
    "U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm\n"                           \
    "27kxuvULVeya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN\n"                           \
    "54dxdixdpozCQ6U4OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCC\n"                           \
    "Mx3bD1yPPf/6TI2XECva/ggqEY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S\n"                           \
    "0iJMdQKBgCGHewxzoa1r8ZMD0LETNrToK423K377UCYqXfg5XMclbrjPbEC3YI1Z\n"                           \
    "NqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAYvO8PdyCixHX52ybaDjy1FtCE\n"                           \
    "6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZLkN1\n"                                       \
    "-----END RSA PRIVATE KEY-----\n"

/* Its public half. */
#define RFC7515_A2_PUBLIC_PEM                                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"                           \
    "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"                           \
    "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"                           \
    "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"                           \
    "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"                           \
    "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"                           \
    "oQIDAQAB\n"                                                                                   \
    "-----END PUBLIC KEY-----\n"

/* P-256: RFC 7515 A.3. */
#define RFC7515_A3_PEM                                                                             \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"                           \
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"                           \
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"                                   \
    "-----END PRIVATE KEY-----\n"

/* The same as openssl ecparam -genkey writes it, with its parameters in front. */
#define RFC7515_A3_SEC1_PEM                                                                        \
    "-----BEGIN EC PARAMETERS-----\n"                                                              \
    "BggqhkjOPQMBBw==\n"                                                                           \
    "-----END EC PARAMETERS-----\n"                                                                \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"                           \
    "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"                           \
    "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"                                                       \
    "-----END EC PRIVATE KEY-----\n"

/* Its public half. */
#define RFC7515_A3_PUBLIC_PEM                                                                      \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"                           \
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"                               \
    "-----END PUBLIC KEY-----\n"

/* Ed25519: RFC 8037 A.1. */
#define RFC8037_A1_PEM                                                                             \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                           \
    "-----END PRIVATE KEY-----\n"

/* RFC 7515 A.3 under a passphrase. */
#define ENCRYPTED_PEM                                                                              \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBAHjOwN+3n1R/FYze29\n"                           \
    "M8OMAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQUS6902Uai5XX8/ay\n"                           \
    "dvPXdQSBkIiEOPEwR8jxduy7Sha8sxH9tVMn9yo9m0agP5fpEnCeslS5pFHSDFF3\n"                           \
    "RFe1M3g3PfCVhI4RXuqwDo+jfYcU9JKp4MMlghGnOnx/P+1TwTXUU2MGyQmNlqsy\n"                           \
    "uFnzTZyAZ8VTmtUZ+9nJpl4MS8JQjW82wmNzI/uBBURaRJGAbIVWJGoTQLJTPhmJ\n"                           \
    "CanH7oBflA==\n"                                                                               \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* Keys that are refused. */
#define RSA_1024_PEM                                                                               \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOcgigBFKVGjY63p\n"                           \
    "TvPHmwM3d5FtLONhRTcZXYmXBwGWcowooSMy8t6b5LvqDBPL3KnajLamXYNuiaJJ\n"                           \
    "AVV4Q4egThPhSeAO5ETpH5FE52VfzZiAhG19KPPxvMF2eZBcsekQofu/GSRTBt6V\n"                           \
    "zzldNZgAFoArCUy4oAlOQHN2OFAHAgMBAAECgYANhW/NWD50kjRwpieCR3kgFQyf\n"                           \
    "q11m5/feo1M/i2BTjXOiE3Zp0r82mrQk8ipGtjRwk2KMBOuPltXicpbrYx/AIPmM\n"                           \
    "eMZC6verkw7UuQIDr67QFdY3tupavh5qSbMFC25Jc+BLWHhwD8mal6nTiWJqEbf3\n"                           \
    "K5uXdno3bNssKIjEQQJBAP5G5tk6ymkVFrV3CgkAd+KmAhzZU1daT/v5z73IsSpu\n"                           \
    "Jvx7PtG0oyYToxRH4ThBTdkWUt853Csw6n8/uuUw4XcCQQDosXqZCVzgh0x3mqeP\n"                           \
    "2ctShXujNtEoeTJIv0+6NML9KNtw2Kr7S6FYG0UJUByA98xYzz3AExLvV31rEtCf\n"                           \
    "qCnxAkEAsAbzXqSlZROVUfBjgRHS7JNR2RjV6h36SwyINPDPPPlegeDr/w6W9xAX\n"                           \
    "ED4meuQyeTtMCX6rnTbSz16WCn3JRwJAeUMsOZ5oeVXo4peE5PFCBQIs+VRy0V2/\n"                           \
    "d6vDN62RQ+7L1NYE3KqALXMgmgbWo9r+8fUmH/eQsYvtfyQx9lHjcQJBAOM+Wo2x\n"                           \
    "noO9InJo5luasd1GZwFJSGzZC4yuXVY0MQluYGjh9cybyhyjennreA5FJ8Y5nsos\n"                           \
    "1nvApDiBHd9EFGg=\n"                                                                           \
    "-----END PRIVATE KEY-----\n"

#define P384_PEM                                                                                   \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAAAAAAAAAAAAAAAAAA\n"                           \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAehZANiAAQoPB1zZc5H\n"                           \
    "iPKfjr8jTt/+rW/pl/vqX/otWMyd+nscUIsFUm9VueuyBA8FtI+20OGUdcmQYeQb\n"                           \
    "iLpS79uMFpBHGmHYZ+15lynZySzQHb0iVjDYTt4yp4+eZGZM2sUS74w=\n"                                   \
    "-----END PRIVATE KEY-----\n"

/* The public halves as JWK. */
#define RFC7515_A2_JWK                                                                             \
    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""                                                     \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrc"                 \
    "S2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGz"                 \
    "jb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs"                 \
    "mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8"                 \
    "q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"                                                       \
    "\"}"
#define RFC7515_A3_JWK                                                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                                                           \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                                       \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define RFC8037_A2_JWK                                                                             \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

/* What the RFCs sign, and their signatures. */
#define RFC7515_PAYLOAD                                                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"                             \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RFC7515_A2_INPUT "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD
#define RFC7515_A2_SIGNATURE                                                                       \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"                             \
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"                             \
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"                             \
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"                             \
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"                             \
    "p0igcN_IoypGlUPQGe77Rw"
#define RFC7515_A3_INPUT "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD
#define RFC7515_A3_SIGNATURE                                                                       \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"                             \
    "pmWQxfKTUJqPP3-Kg6NU1Q"
#define RFC8037_A4_INPUT "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define RFC8037_A4_SIGNATURE                                                                       \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"                             \
    "hVsPt9g7sVvpAr_MuM0KAg"

#endif
