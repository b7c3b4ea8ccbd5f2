// SPDX-License-Identifier: ISC
// libFuzzer target: files of xinetd.
#include <cstddef>
#include <cstdint>

#include "daemon/config/values.h"
#include "tests/fuzz/configuration_fuzzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // What this host has in its files says nothing about the parser.
    constexpr std::string_view include = "include";
    for (std::size_t at = 0; at + include.size() <= size; ++at)
        if (minetd::same_word(text.substr(at, include.size()), include)) return 0;
    minetd::fuzz::read_and_dump(text, minetd::Dialect::xinetd);
    return 0;
}
