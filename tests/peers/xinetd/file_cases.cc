// SPDX-License-Identifier: ISC
// Several files and sections: defaults, enabled and disabled, include, includedir, a reload.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

#define SERVICE(NAME, PORT, MORE)                        \
    "service " NAME "\n{\ntype = UNLISTED\nport = " PORT \
    "\nsocket_type = stream\nwait = no\n"                \
    "user = {user}\nserver = {probe}\nserver_args = report " NAME "\n" MORE "}\n"

const Case cases[] = {
    // -- defaults
    with_defaults("umask = 027", {"umask of the defaults", "wait = no", "show umask", "umask=027"}),
    with_defaults("umask = 027",
                  {"umask over the defaults", "umask = 077", "show umask", "umask=077"}),
    with_defaults("groups = yes",
                  {"groups of the defaults", "user = grouped", "show groups", "groups=4001 4002"}),
    with_defaults("passenv = SHOWN", {"passenv of the defaults", "wait = no", "show environment",
                                      "environment REMOTE_HOST SHOWN",
                                      "environment PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN "
                                      "TCPLOCALIP TCPLOCALPORT TCPREMOTEIP TCPREMOTEPORT",
                                      "9: REMOTE_PORT and the local address are told too"}),
    with_defaults("passenv = SHOWN", {"passenv added to the defaults", "passenv += PATH",
                                      "show environment", "environment PATH REMOTE_HOST SHOWN",
                                      "environment PATH PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT "
                                      "SHOWN TCPLOCALIP TCPLOCALPORT TCPREMOTEIP TCPREMOTEPORT",
                                      "9: REMOTE_PORT and the local address are told too"}),
    with_defaults("bind = 127.0.0.1", {"bind of the defaults", "wait = no",
                                       "open; to 127.0.0.1; show local", "local=127.0.0.1"}),
    with_defaults("v6only = yes",
                  {"v6only of the defaults", "wait = no", "open; to ::1; show peer", "peer=[::1]",
                   "refused; peer=[::1]", "2: v6only of the defaults reaches the socket"}),
    with_defaults("strange = yes", {"an unknown attribute of the defaults", "wait = no",
                                    "show argv", "argv <probe><report>"}),
    with_defaults("nice = 5",
                  {"an attribute that defaults do not take", "wait = no", "show nice", "nice=0"}),
    with_options("-logprocs 10",
                 {"defaults behind the service",
                  SERVICE("{id}", "{port}", "") "defaults\n{\nonly_from = 10.1.2.3\n}\n", "ask",
                  "served", "closed", "1, 11: defaults are for all services, wherever they stand"}),
    with_options(
        "-logprocs 11",
        {"defaults twice in one file",
         "defaults\n{\numask = 027\n}\ndefaults\n{\numask = 077\n}\n" SERVICE("{id}", "{port}", ""),
         "show umask", "umask=027"}),
    with_defaults("enabled = ready count",
                  {"enabled", "wait = no", "open; rest", "refused; refused"}),
    with_defaults("enabled = ready count chosen",
                  {"enabled, and this one is", "id = chosen", "show argv", "argv <probe><report>"}),
    with_defaults("enabled = READY COUNT Chosen",
                  {"enabled, in another case", "id = chosen", "show argv", "argv <probe><report>"}),
    with_defaults("disabled = unwanted",
                  {"disabled", "id = unwanted", "open; rest", "refused; refused"}),
    with_defaults("disabled = unwanted\nenabled = ready count unwanted",
                  {"disabled beats enabled", "id = unwanted", "open; rest", "refused; refused"}),
    with_defaults("enabled = ready count chosen",
                  {"enabled beats disable = yes", "id = chosen\ndisable = yes", "open; rest",
                   "refused; refused"}),
    // -- include and includedir
    {"include of a file that is not there", "include {dir}/nowhere\n" SERVICE("{id}", "{port}", ""),
     "show argv", "argv <probe><report><svc1017>"},
    {"include inside an entry", SERVICE("{id}", "{port}", "include {dir}/welcome\n"), "open; rest",
     "refused; refused"},
    with_files(
        {{"{id}.d/one", SERVICE("one", "{port}", "")}},
        {"includedir", "includedir {dir}/{id}.d\n", "show argv", "argv <probe><report><one>"}),
    with_files({{"{id}.d/one.conf", SERVICE("one", "{port}", "")}},
               {"includedir, a name with a dot", "includedir {dir}/{id}.d\n", "open", "refused"}),
    with_files({{"{id}.d/one~", SERVICE("one", "{port}", "")}},
               {"includedir, a backup", "includedir {dir}/{id}.d\n", "open", "refused"}),
    with_files({{"{id}.d/deeper/one", SERVICE("one", "{port}", "")}},
               {"includedir, a directory within", "includedir {dir}/{id}.d\n", "open", "refused"}),
    with_files(
        {{"{id}.d/a", "U2FsdGVkX1+garbage{\n}\n"}, {"{id}.d/b", SERVICE("one", "{port}", "")}},
        {"includedir, a file of garbage beside a good one", "includedir {dir}/{id}.d\n",
         "show argv", "argv <probe><report><one>"}),
    with_files({{"{id}.d/a", ""}, {"{id}.d/b", SERVICE("one", "{port}", "")}},
               {"includedir, an empty file", "includedir {dir}/{id}.d\n", "show argv",
                "argv <probe><report><one>"}),
    {"includedir that is not there", "includedir {dir}/nowhere\n" SERVICE("{id}", "{port}", ""),
     "show argv", "argv <probe><report><svc1025>"},
    {"chkconfig's header",
     "# default: off\n# description: a service \\\n#   of two lines\n" SERVICE("{id}", "{port}",
                                                                               ""),
     "show argv", "argv <probe><report><svc1026>"},
    // -- a reload
    reloaded(
        "server_args = report after",
        {"reload, other arguments", "server_args = report before", "show argv; reload; show argv",
         "argv <probe><report><before>; argv <probe><report><after>"}),
    reloaded("disable = yes", {"reload, disabled", "wait = no", "show argv; reload; open; rest",
                               "argv <probe><report>; refused; refused"}),
    reloaded("server_args = hold {dir}/gauge again",
             {"reload, a session goes on", "server_args = hold {dir}/gauge",
              "open; line; reload; b:open; b:line", "held\n; held\n"}),
    reloaded("server_args = report after\nwait = maybe",
             {"reload, broken", "server_args = report before", "show argv; reload; show argv",
              "argv <probe><report><before>; refused",
              "argv <probe><report><before>; argv <probe><report><before>",
              "4, 11: a broken service stays as it was"}),
    with_files({{"{id}.d/one", SERVICE("one", "{port}", "")}},
               reloaded("includedir {dir}/{id}.gone\n",
                        {"reload, includedir that is gone", "includedir {dir}/{id}.d\n",
                         "show argv; reload; show argv", "argv <probe><report><one>; refused",
                         "argv <probe><report><one>; argv <probe><report><one>",
                         "4, 11: a service stays as it was where its file cannot be read"})),
    reloaded(SERVICE("{id}", "{port}", "") "service {id}\n{\ndisable = yes\n}\n",
             {"reload, a disabled entry of its name", SERVICE("{id}", "{port}", ""),
              "show argv; reload; show argv",
              "argv <probe><report><svc1032>; argv <probe><report><svc1032>"}),
    reloaded("service {id}\n{\nid = another\ntype = UNLISTED\nport = {second}\nsocket_type = "
             "stream\nwait = no\nuser = {user}\nserver = {probe}\nserver_args = report "
             "another\n}\n" SERVICE("{id}", "{port}", ""),
             {"reload, another entry of its name", SERVICE("{id}", "{port}", ""),
              "show argv; reload; show argv; at {second}; show argv",
              "argv <probe><report><svc1033>; argv <probe><report><svc1033>; argv "
              "<probe><report><another>"}),
    reloaded("only_from = 10.1.2.3",
             {"reload, only_from", "wait = no", "ask; reload; ask; from 10.1.2.3; ask",
              "served; closed; served"}),
    with_options("-inetd_compat",
                 {"-inetd_compat", "wait = no", "at 4300; open; rest", "from inetd.conf\n"}),
    with_options("-inetd_compat",
                 {"-inetd_compat, groups and umask", "wait = no",
                  "at 4301; open; rest; at 4303; open; rest", "4001 4002\n; 0022\n"}),
    with_options(
        "-inetd_compat",
        {"-inetd_compat, hidden by a disabled entry",
         "service peered-hidden\n{\nid = peered-hidden\ndisable = yes\n}\n", "at 4302; open", "",
         "refused", "7.6: hidden even if disabled, as Debian's README says"}),
    with_options(
        "-inetd_compat ",
        with_defaults("only_from = 127.0.0.1\numask = 027\ngroups = no",
                      {"-inetd_compat and the defaults", "wait = no",
                       "at 4301; open; rest; at 4303; open; rest; from 10.1.2.3; open; rest",
                       "4001 4002\n; 0027\n; 0027\n", "4001 4002\n; 0027\n; closed",
                       "7.6: access lists of the defaults are for these lines too"})),
};

}  // namespace

std::span<const Case> file_cases() {
    return cases;
}

}  // namespace minetd
