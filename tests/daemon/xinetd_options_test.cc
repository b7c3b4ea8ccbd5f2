// SPDX-License-Identifier: ISC
#include "daemon/xinetd_options.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

using namespace minetd;
using Line = std::vector<std::string>;

TEST_SUITE("daemon") {
    TEST_CASE("every option of xinetd has its meaning in minetd's words") {
        const struct {
            Line words, native;
            bool of_xinetd;
        } rows[] = {
            {{"-dontfork"}, {"--foreground"}, true},
            {{"-d"}, {"--foreground"}, true},
            {{"-d", "-dontfork"}, {"--foreground"}, true},
            {{"-stayalive"}, {}, true},
            {{"-reuse"}, {}, true},
            {{"-inetd_ipv6"}, {}, true},
            {{"-cc", "60"}, {}, true},
            {{"-logprocs", "15"}, {}, true},
            {{"-shutdownprocs", "5"}, {}, true},
            {{"-limit", "7"}, {"--process-limit", "7"}, true},
            {{"-pidfile", "/run/x"}, {"--pid-file", "/run/x"}, true},
            {{"-syslog", "auth"}, {"--log", "syslog:auth"}, true},
            {{"-filelog", "/x"}, {"--log", "file:/x"}, true},
            {{"-filelog", "x"}, {"--log", "file:" + std::filesystem::absolute("x").string()}, true},
            {{"-inetd_compat"}, {"--inetd-compat"}, true},
            {{"-version"}, {"--version"}, true},
            // minetd's own
            {{"-f", "/x"}, {"-f", "/x"}, false},
            {{"-f/x"}, {"-f/x"}, false},
            {{"--check", "/x"}, {"--check", "/x"}, false},
            {{"/x"}, {"/x"}, false},
            {{"--", "-dontfork"}, {"--", "-dontfork"}, false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.words.front());
            const TranslatedOptions result = translate_xinetd_options(row.words);
            CHECK(result.words == row.native);
            CHECK(result.of_xinetd == row.of_xinetd);
        }
    }

    TEST_CASE("a wrong option of xinetd is an error that says what to write") {
        const struct {
            Line words;
            const char* says;
        } rows[] = {
            {{"-dontfrok"}, "there is no option -dontfrok; did you mean `-dontfork`?"},
            {{"-whatever"}, "there is no option -whatever; --help lists"},
            {{"-filelog"}, "-filelog needs a file"},
            {{"-pidfile", "-stayalive"}, "-pidfile needs a file"},
            {{"-syslog", "-dontfork"}, "-syslog needs a facility"},
            {{"-syslog", "nofac"},
             "-syslog: there is no facility `nofac`; there are daemon, auth,"},
            {{"-syslog", "locla3"},
             "-syslog: there is no facility `locla3`; did you mean `local3`?"},
            {{"-limit", "many"}, "-limit: `many` is not a number"},
            {{"-cc", "-1"}, "-cc needs a number"},
            {{"-cc", "1m"}, "-cc: `1m` is not a number"},
            {{"-syslog", "auth", "-filelog", "/x"}, "-syslog and -filelog exclude each other"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.words.front());
            std::string message = "none";
            try {
                translate_xinetd_options(row.words);
            } catch (const std::invalid_argument& error) {
                message = error.what();
            }
            CHECK(message.starts_with(row.says));
        }
    }
}
