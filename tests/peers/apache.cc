// SPDX-License-Identifier: ISC
#include "tests/peers/apache.h"

#include <fmt/format.h>
#include <unistd.h>

namespace minetd {

std::vector<std::string> Apache::command() const {
    return {package + "/usr/sbin/apache2", "-DFOREGROUND", "-f", file()};
}

std::string Apache::load_module(std::string_view module) const {
    return fmt::format("LoadModule {0}_module {1}/usr/lib/apache2/modules/mod_{0}.so\n", module,
                       package);
}

std::string Apache::configuration() const {
    std::string text = fmt::format(
        "ServerRoot {0}\nDefaultRuntimeDir {0}\nPidFile {0}/{1}.pid\nErrorLog {0}/{1}.error\n"
        "LogLevel error\nServerName localhost\nListen 127.0.0.1:{2}\nTimeout 300\n",
        directory, name, port);
    text += load_module("mpm_" + mpm) + directives;
    if (geteuid() == 0) text += "User nobody\nGroup nogroup\n";
    return text;
}

// The accept filter would let a connection wait in the kernel for its first byte.
std::string Apache::echo() const {
    return load_module("echo") + "ProtocolEcho On\nAcceptFilter http none\nKeepAliveTimeout 300\n";
}

}  // namespace minetd
