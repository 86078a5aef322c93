/**
 * A module that builds SeaweedFS: its own cannot be installed by name, since it replaces another module. The program is
 * its commands without the pages, the help and the crash reports of its own.
 */
export const SEAWEEDFS: Readonly<Record<string, string>> = {
  'go.mod': `module weed

go 1.26.6

require github.com/seaweedfs/seaweedfs v0.0.0-20261109003541-7506e5f91cd6

replace github.com/tyler-smith/go-bip39 => github.com/cosmos/go-bip39 v1.0.0
`,
  'main.go': `package main

import (
	"os"

	"github.com/seaweedfs/seaweedfs/weed/command"
	flag "github.com/seaweedfs/seaweedfs/weed/util/fla9"
	util_http "github.com/seaweedfs/seaweedfs/weed/util/http"
)

func main() {
	flag.Parse()
	util_http.InitGlobalHttpClient()
	for _, cmd := range command.Commands {
		if cmd.Name() == flag.Arg(0) && cmd.Run != nil {
			cmd.Flag.Parse(flag.Args()[1:])
			if !cmd.Run(cmd, cmd.Flag.Args()) {
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(2)
}
`,
};
