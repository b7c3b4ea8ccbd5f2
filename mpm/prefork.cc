// SPDX-License-Identifier: ISC
#include "mpm/prefork.h"

#include <sysexits.h>

#include "mpm/conversation_loop.h"

namespace minetd {

int serve_prefork(ServerSeat seat) {
    ServingProcess process(std::move(seat), 1);
    ConversationLoop loop(process, 0, true);
    process.reporter().ready();
    loop.run();
    process.reporter().finish();
    return EX_OK;
}

}  // namespace minetd
