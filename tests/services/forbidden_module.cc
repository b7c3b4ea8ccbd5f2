// SPDX-License-Identifier: ISC
// A loadable service that tries, line by line, what a sandbox is to forbid.
#include <cstring>
#include <string>

#include "services/minetd_service.h"
#include "tests/integration/forbidden.h"

namespace {

const minetd_host* host;

int open_service(const minetd_context* context, void**, char*, std::size_t) {
    host = context->host;
    return 0;
}

int on_input(void*, minetd_connection* connection) {
    for (;;) {
        std::size_t size = 0;
        const char* input = host->input(connection, &size);
        const void* end = input != nullptr ? std::memchr(input, '\n', size) : nullptr;
        if (end == nullptr) return host->input_ended(connection) != 0 ? MINETD_CLOSE : MINETD_READ;
        const std::string line(input, static_cast<const char*>(end));
        host->consume(connection, line.size() + 1);
        const std::string answer = minetd::attempt(line) + '\n';
        host->send(connection, answer.data(), answer.size());
    }
}

}  // namespace

extern "C" {
extern MINETD_EXPORT const minetd_service minetd_module;
const minetd_service minetd_module = {MINETD_SERVICE_ABI,
                                      sizeof(minetd_service),
                                      MINETD_STREAM | MINETD_THREAD_SAFE,
                                      0,
                                      open_service,
                                      nullptr,
                                      nullptr,
                                      on_input,
                                      nullptr,
                                      nullptr,
                                      nullptr,
                                      nullptr};
}
