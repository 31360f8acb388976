/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256: the examples of FIPS 180-4 and its test vectors, in pieces too.
 */
#include "core/sha256.h"
#include "tests/harness.h"

int
main (void)
{
  static const struct {
    const char *text;
    const char *hex;
  } rows[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrst"
      "u",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
  };
  char text[65], again[65];
  for (size_t i = 0; i < 4; i++)
    t_ok (strcmp (sha256_of (rows[i].text, strlen (rows[i].text), text), rows[i].hex) == 0, "%zu bytes",
          strlen (rows[i].text));

  /* a million times "a", in pieces of 0 .. 130 bytes */
  static char a[131];
  unsigned char digest[32];
  sha256 s;
  memset (a, 'a', sizeof a);
  sha256_begin (&s);
  for (size_t done = 0, k = 0; done < 1000000; done += k) {
    k = (k + 37) % 131;
    if (k > 1000000 - done)
      k = 1000000 - done;
    sha256_add (&s, a, k);
  }
  sha256_end (&s, digest);
  t_ok (strcmp (sha256_hex (digest, text), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0,
        "a million a");

  /* every length round the block boundaries: whole = byte by byte */
  bool same = true;
  for (size_t n = 0; n <= 130; n++) {
    sha256_begin (&s);
    for (size_t i = 0; i < n; i++)
      sha256_add (&s, a + i, 1);
    sha256_end (&s, digest);
    same = same && strcmp (sha256_hex (digest, text), sha256_of (a, n, again)) == 0;
  }
  t_ok (same, "byte by byte = whole, 0 to 130 bytes");
  return t_end ();
}
