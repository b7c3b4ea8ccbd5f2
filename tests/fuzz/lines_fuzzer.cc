// SPDX-License-Identifier: ISC
// libFuzzer target: inetd.conf lines and key-values in every dialect. The first byte is the
// dialect.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/configuration_fuzzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr unsigned dialects = static_cast<unsigned>(minetd::Dialect::inetd_busybox) + 1;
    if (size == 0) return 0;
    // Digits in the seeds keep them readable.
    const auto dialect = static_cast<minetd::Dialect>(data[0] % dialects);
    minetd::fuzz::read_and_dump({reinterpret_cast<const char*>(data + 1), size - 1}, dialect);
    return 0;
}
