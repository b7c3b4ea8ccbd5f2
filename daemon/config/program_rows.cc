// SPDX-License-Identifier: ISC
// The program, its user and what surrounds it.
#include "daemon/config/attribute_row.h"
#include "daemon/config/credential_file.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

template <int Resource, class Codec>
constexpr Row<Spec> rlimit(std::string_view name, std::string_view aliases, std::string_view help) {
    return make_row<Spec, Rlimit<Resource, Codec>>(
        {name, aliases, 0, no_limit, true, servers, help});
}

constexpr Row<Spec> table[] = {
    row<Text, &Spec::user>({"user", "", 1, longest, true, servers,
                            "the user, by name or number, as which the service runs"}),
    row<Text, &Spec::group>(
        {"group", "", 0, longest, true, servers, "the group; empty: the user's own"}),
    row<Text, &Spec::login_class>(
        {"login_class", "class", 0, longest, true, servers, "BSD's login class"}),
    row<YesNo, &Spec::groups>(
        {"groups", "", 0, 0, true, servers, "the user's supplementary groups, or none"}),
    row<Text, &Spec::server>({"server", "exec", 0, longest, false, servers,
                              "the absolute path of the program, or `internal`"}),
    row<Text, &Spec::builtin>(
        {"builtin", "", 0, longest, false, servers,
         "the builtin that serves; `server = internal` is the one with the service's name"}),
    make_row<Spec, Argv0>({"argv0", "", 0, longest, false, servers,
                           "argv[0] of the program; the last part of its path unless said"}),
    make_row<Spec, Arguments>({"server_args", "args", 0, longest, false, servers,
                               "the arguments of the program or builtin, without argv[0]"}),
    row<Environment, &Spec::env>(
        {"env", "", 0, longest, true, servers, "variables set for the program"}),
    row<Optional<Variables, "*">, &Spec::passenv>(
        {"passenv", "", 0, longest, true, servers,
         "variables that the program gets from the daemon's environment; * is all"}),
    row<Path, &Spec::chdir>(
        {"chdir", "directory", 1, longest, true, servers, "the program's working directory"}),
    row<Optional<Mode, "inherit">, &Spec::umask>(
        {"umask", "", 0, 0777, true, servers, "the program's file mode mask"}),
    row<Number, &Spec::nice>({"nice", "", -20, 19, true, servers, "the program's priority"}),
    row<YesNo, &Spec::session>(
        {"session", "", 0, 0, true, servers,
         "the program leads a session of its own, not only a process group"}),
    rlimit<RLIMIT_CPU, Seconds>("rlimit_cpu", "", "processor time"),
    rlimit<RLIMIT_FSIZE, Size>("rlimit_fsize", "", "size of a file that is written"),
    rlimit<RLIMIT_DATA, Size>("rlimit_data", "", "data segment"),
    rlimit<RLIMIT_STACK, Size>("rlimit_stack", "", "stack"),
    rlimit<RLIMIT_CORE, Size>("rlimit_core", "", "size of a core dump"),
    rlimit<RLIMIT_RSS, Size>("rlimit_rss", "", "resident set; Linux ignores it"),
    rlimit<RLIMIT_NPROC, Number>("rlimit_nproc", "", "processes of the user"),
    rlimit<RLIMIT_NOFILE, Number>("rlimit_nofile", "rlimit_files", "open descriptors"),
    rlimit<RLIMIT_MEMLOCK, Size>("rlimit_memlock", "", "locked memory"),
    rlimit<RLIMIT_AS, Size>("rlimit_as", "", "address space"),
    row<Stderr, &Spec::standard_error>(
        {"stderr", "standard_error", 0, longest, true, servers,
         "where standard error goes: the client, the log, nowhere, a file"}),
    row<Credentials, &Spec::credentials>(
        {"credentials", "", 0, longest, false, servers,
         "secrets that the program finds in $CREDENTIALS_DIRECTORY: some of minetd's own, or of "
         "files"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::program_rows() noexcept {
    return table;
}

}  // namespace minetd
