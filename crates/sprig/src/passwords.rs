//! Passwords: hashing, derivation and encryption.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::registry::sprig;
use super::strings::{bytes, text};
use super::{Call, Fault, Function, Outcome};
use gostd::base64;
use govalue::Type::{String as Str, Uint32};
use govalue::View;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("bcrypt", &[Str], "string", bcrypt, "a bcrypt hash of the password, with a random salt"),
    sprig("decryptAES", &[Str, Str], "(string, error)", decrypt_aes, "what encryptAES made of a text, with the same password"),
    sprig("derivePassword", &[Uint32, Str, Str, Str, Str], "string", derive_password, "the password for a site by the Master Password algorithm: counter, type, master password, user, site"),
    sprig("encryptAES", &[Str, Str], "(string, error)", encrypt_aes, "the text (second), encrypted with the password by AES-256 in CBC mode, in base 64"),
    sprig("htpasswd", &[Str, Str], "string", htpasswd, "a line for an Apache password file"),
];

/// The cost of a bcrypt hash or a password derivation, in units of work.
const SLOW: usize = 500_000;

/// bcrypt's variant of base64.
fn bcrypt_base64(bytes: &[u8]) -> String {
    const STANDARD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const BCRYPT: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |c: char| {
        STANDARD
            .iter()
            .position(|&letter| char::from(letter) == c)
            .map(|at| char::from(BCRYPT[at]))
    };
    base64::encode(bytes).chars().filter_map(letter).collect()
}

fn hash_password(call: &mut Call<'_>, index: usize) -> Result<String, Fault> {
    const COST: u32 = 10;
    call.host.charge(SLOW)?;
    let mut salt = [0; 16];
    call.host.chance()?.random(&mut salt);
    let mut password = bytes(call, index).into_owned();
    if password.len() > 72 {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned());
    }
    password.push(0);
    password.truncate(72);
    let hash = ::bcrypt::bcrypt(COST, salt, &password);
    Ok(format!(
        "$2a${COST}${}{}",
        bcrypt_base64(&salt),
        bcrypt_base64(&hash[..23])
    ))
}

fn bcrypt(call: &mut Call<'_>) -> Outcome {
    hash_password(call, 0).map(Into::into)
}

fn htpasswd(call: &mut Call<'_>) -> Outcome {
    if call.str(0).contains(':') {
        return Ok(format!("invalid username: {}", call.str(0)).into());
    }
    let hash = hash_password(call, 1)?;
    Ok(format!("{}:{hash}", call.str(0)).into())
}

/// The templates of a password type. Each letter stands for a class of characters.
fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a template letter's class.
fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn derive_password(call: &mut Call<'_>) -> Outcome {
    const SCOPE: &[u8] = b"com.lyndir.masterpassword";
    let View::Uint(_, counter) = call.view(0) else {
        return Err("no counter".into());
    };
    let Some(templates) = templates(call.str(1)) else {
        return Ok(format!("cannot find password template {}", call.str(1)).into());
    };
    call.host.charge(2 * SLOW)?;
    let (password, user, site) = (bytes(call, 2), bytes(call, 3), bytes(call, 4));
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [SCOPE, &length(&user), &user].concat();
    let mut key = [0; 64];
    scrypt::Params::new(15, 8, 2)
        .map_err(|error| error.to_string())
        .and_then(|params| scrypt::scrypt(&password, &salt, &params, &mut key).map_err(|error| error.to_string()))?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(|error| error.to_string())?;
    let counter = u32::try_from(counter).unwrap_or(u32::MAX).to_be_bytes();
    mac.update(&[SCOPE, &length(&site), &site, &counter].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let letters = template.bytes().zip(&seed[1..]).map(|(letter, &byte)| {
        let class = class(letter);
        char::from(class[usize::from(byte) % class.len()])
    });
    Ok(letters.collect::<String>().into())
}

/// The cipher of a password: its key is the password, zero-padded or cut to 32 bytes.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let used = password.len().min(32);
    key[..used].copy_from_slice(&password[..used]);
    Aes256::new(&key.into())
}

fn encrypt_aes(call: &mut Call<'_>) -> Outcome {
    if call.str(1).is_empty() {
        return Ok("".into());
    }
    call.charge_text(call.str(1).len().saturating_mul(2))?;
    let mut previous = [0; 16];
    call.host.chance()?.random(&mut previous);
    let cipher = cipher(&bytes(call, 0));
    let mut content = bytes(call, 1).into_owned();
    let padding = 16 - content.len() % 16;
    content.resize(content.len() + padding, u8::try_from(padding).unwrap_or(16));
    let mut out = previous.to_vec();
    for chunk in content.chunks(16) {
        for (byte, &plain) in previous.iter_mut().zip(chunk) {
            *byte ^= plain;
        }
        let mut block = previous.into();
        cipher.encrypt_block(&mut block);
        previous = block.into();
        out.extend_from_slice(&previous);
    }
    Ok(base64::encode(&out).into())
}

fn decrypt_aes(call: &mut Call<'_>) -> Outcome {
    if call.str(1).is_empty() {
        return Ok("".into());
    }
    call.charge_text(call.str(1).len())?;
    let encoded = bytes(call, 1);
    let crypt = base64::decode(&encoded)?;
    let Some((mut previous, crypt)) = crypt.split_first_chunk::<16>().map(|(first, rest)| (*first, rest)) else {
        let capacity = encoded.len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:16] with capacity {capacity}").into());
    };
    if crypt.len() % 16 != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(&bytes(call, 0));
    let mut out = Vec::with_capacity(crypt.len());
    for chunk in crypt.chunks(16) {
        let mut encrypted = [0; 16];
        encrypted.copy_from_slice(chunk);
        let mut block = encrypted.into();
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(previous).map(|(byte, previous)| byte ^ previous));
        previous = encrypted;
    }
    let Some(&padding) = out.last() else {
        return Err("runtime error: index out of range [-1]".into());
    };
    match out.len().checked_sub(usize::from(padding)) {
        Some(length) => Ok(text(&out[..length])),
        None => {
            let below = usize::from(padding) - out.len();
            Err(format!("runtime error: slice bounds out of range [:-{below}]").into())
        }
    }
}
