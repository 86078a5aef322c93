/*
 * The least that a relay with a checksum costs on a machine: one GET, one PUT, each byte read once, its CRC-32 taken by
 * the CPU's own instructions, written once. No parts, no retries, no memory: what it takes, no honest copy can go below.
 *
 *   floor <origin host:port> <path> <sink host:port> <path> [<CA file>]     with a CA file: TLS on both sides
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#endif

enum { PIECE = 256 * 1024, HEAD = 16 * 1024 };

typedef struct {
  int fd;
  SSL *ssl;
} line;

static void die(const char *what) {
  fprintf(stderr, "floor: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

#if defined(__x86_64__)
/* Folds four times 16 bytes by carry-less multiplication (Gopal and others, Intel, 2009), then lets zlib do the rest. */
__attribute__((target("pclmul,sse4.1"))) static uint32_t crc_of(uint32_t crc, const uint8_t *at, size_t n) {
  if (n < 128) return (uint32_t)crc32(crc, at, (uInt)n);
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  __m128i x[4];
  for (int i = 0; i < 4; i++) x[i] = _mm_loadu_si128((const __m128i *)at + i);
  x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
  at += 64, n -= 64;
  for (; n >= 64; at += 64, n -= 64)
    for (int i = 0; i < 4; i++) {
      const __m128i low = _mm_clmulepi64_si128(x[i], by64, 0x00), high = _mm_clmulepi64_si128(x[i], by64, 0x11);
      x[i] = _mm_xor_si128(_mm_xor_si128(low, high), _mm_loadu_si128((const __m128i *)at + i));
    }
  /* What is left of the folding is 64 bytes that have the remainder of all before them. */
  uint8_t rest[64];
  for (int i = 0; i < 4; i++) _mm_storeu_si128((__m128i *)rest + i, x[i]);
  crc = (uint32_t)crc32(0xffffffff, rest, 64);
  return (uint32_t)crc32(crc, at, (uInt)n);
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t crc_of(uint32_t crc, const uint8_t *at, size_t n) {
  crc = ~crc;
  for (; n >= 8; at += 8, n -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    crc = __crc32d(crc, word);
  }
  for (; n > 0; at++, n--) crc = __crc32b(crc, *at);
  return ~crc;
}
#else
static uint32_t crc_of(uint32_t crc, const uint8_t *at, size_t n) { return (uint32_t)crc32(crc, at, (uInt)n); }
#endif

static void check_crc(void) {
  static uint8_t bytes[1000];
  for (int i = 0; i < 1000; i++) bytes[i] = (uint8_t)(i * 31 + (i >> 3));
  for (int n = 0; n <= 1000; n += 37)
    if (crc_of(12345, bytes, (size_t)n) != (uint32_t)crc32(12345, bytes, (uInt)n)) die("its CRC-32 is not zlib's");
}

static line opened(char *address, SSL_CTX *tls) {
  char *colon = strrchr(address, ':');
  if (!colon) die("an address has no port");
  *colon = 0;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
  inet_pton(AF_INET, address, &to.sin_addr);
  line one = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
  const int on = 1;
  if (connect(one.fd, (struct sockaddr *)&to, sizeof to)) die("cannot connect");
  setsockopt(one.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!tls) return one;
  one.ssl = SSL_new(tls);
  SSL_set_fd(one.ssl, one.fd);
  if (SSL_connect(one.ssl) != 1) die("no TLS");
  return one;
}

static size_t get(line from, uint8_t *into, size_t most) {
  const ssize_t n = from.ssl ? SSL_read(from.ssl, into, (int)most) : read(from.fd, into, most);
  if (n < 0) die("reading failed");
  return (size_t)n;
}

static void put(line to, const uint8_t *bytes, size_t n) {
  while (n > 0) {
    const ssize_t done = to.ssl ? SSL_write(to.ssl, bytes, (int)n) : write(to.fd, bytes, n);
    if (done <= 0) die("writing failed");
    bytes += done, n -= (size_t)done;
  }
}

/* Reads to the end of a head; gives how many bytes of the body came with it, which are then at the front. */
static size_t head_of(line from, uint8_t *buffer, char *head) {
  size_t have = 0;
  for (;;) {
    const size_t n = get(from, buffer + have, HEAD - have);
    if (n == 0) die("no whole head");
    have += n;
    uint8_t *end = memmem(buffer, have, "\r\n\r\n", 4);
    if (!end) continue;
    const size_t length = (size_t)(end - buffer) + 4;
    memcpy(head, buffer, length), head[length] = 0;
    memmove(buffer, buffer + length, have - length);
    return have - length;
  }
}

int main(int count, char **given) {
  if (count < 5) die("floor <origin> <path> <sink> <path> [<CA file>]");
  check_crc();
  SSL_CTX *tls = NULL;
  if (count > 5) {
    tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, PIECE);
    if (!SSL_CTX_load_verify_locations(tls, given[5], NULL)) die("no CA");
  }
  static uint8_t piece[PIECE];
  static char head[HEAD + 1];
  const line from = opened(given[1], tls), to = opened(given[3], tls);
  snprintf(head, HEAD, "GET %s HTTP/1.1\r\nHost: origin\r\n\r\n", given[2]);
  put(from, (uint8_t *)head, strlen(head));
  size_t n = head_of(from, piece, head);
  const char *length = strcasestr(head, "content-length:");
  if (!length) die("no Content-Length");
  size_t left = strtoull(length + 15, NULL, 10);
  snprintf(head, HEAD, "PUT %s HTTP/1.1\r\nHost: sink\r\nContent-Length: %zu\r\n\r\n", given[4], left);
  put(to, (uint8_t *)head, strlen(head));
  uint32_t crc = 0;
  for (;;) {
    crc = crc_of(crc, piece, n);
    put(to, piece, n);
    left -= n;
    if (left == 0) break;
    n = get(from, piece, left < PIECE ? left : PIECE);
    if (n == 0) die("the body ended early");
  }
  head_of(to, piece, head);
  if (!strstr(head, " 200 ")) die("the endpoint did not say 200");
  printf("%08x\n", crc);
  return 0;
}
