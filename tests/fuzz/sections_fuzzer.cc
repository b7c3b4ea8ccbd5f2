// SPDX-License-Identifier: ISC
// libFuzzer target: the sections part. Two services stand above it, so that headers find something.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/configuration_fuzzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string text =
        "7000 stream tcp prefork nobody internal echo\n"
        "7000 dgram udp wait nobody /bin/cat cat\n"
        "[7000]\n";
    text.append(reinterpret_cast<const char*>(data), size);
    minetd::fuzz::read_and_dump(text, minetd::Dialect::minetd);
    return 0;
}
