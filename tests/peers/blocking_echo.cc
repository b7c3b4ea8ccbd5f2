// SPDX-License-Identifier: ISC
// A loadable service that does what mod_echo does: it echoes, and holds a thread until its client
// leaves. (The builtin echo never blocks, so that under `event` a connection costs no thread.)
#include <cstddef>

#include "services/minetd_service.h"

namespace {

int open_echo(const minetd_context* context, void** service, char*, std::size_t) {
    *service = const_cast<minetd_host*>(context->host);
    return 0;
}

void serve(void* service, minetd_connection* connection) {
    const minetd_host& host = *static_cast<const minetd_host*>(service);
    char bytes[512];
    for (;;) {
        const ssize_t got = host.read(connection, bytes, sizeof bytes);
        if (got <= 0 || host.write(connection, bytes, static_cast<std::size_t>(got)) < 0) return;
    }
}

}  // namespace

extern "C" {
extern MINETD_EXPORT const minetd_service minetd_module;
const minetd_service minetd_module = {
    .abi = MINETD_SERVICE_ABI,
    .size = sizeof(minetd_service),
    .flags = MINETD_STREAM | MINETD_THREAD_SAFE | MINETD_CLIENT_SPEAKS_FIRST,
    .open = open_echo,
    .serve = serve,
};
}
