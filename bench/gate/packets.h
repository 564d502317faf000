// SPDX-License-Identifier: Apache-2.0
// Shared by the driver program and the bench.
#pragma once
#ifndef __cplusplus
#include <bpf/bpf_helpers.h> /* after <linux/bpf.h> */
#endif
#define BENCH_PACKETS 10000
struct bench_packet {
  unsigned char headers[54]; /* link, IPv4, and what of TCP is judged: no longer than a RST of ours */
  unsigned char zero[2];     /* the kernel rounds array elements up to eight bytes */
};
