; Unpacking the new program beside the old one, changing places by renaming, and back again.

; The new program into $INSTDIR\.new: what can't be written is found out before anybody is asked to end.
Function Unpack
  RMDir /r "$INSTDIR\.new"
  SetOutPath "$INSTDIR\.new"
  SetOverwrite on
  ClearErrors
  File /r "${PROGRAM}\*.*"
  ${If} ${Errors}
    Push ${EXIT_FILES}
    Push "$(FilesFailed)"
    Call PutBack
  ${EndIf}
  SetOutPath "$INSTDIR" ; a folder that is the working directory can't be renamed
FunctionEnd

; Rename what $R0 names to $R1; $R2 is "well" or "failed". Tried for some seconds: a virus scanner holds new files a while.
Function Move
  Push $0
  StrCpy $0 0
  ${Do}
    StrCpy $R2 "well"
    ClearErrors
    Rename $R0 $R1
    ${IfNot} ${Errors} ; asking takes the flag away
      ${ExitDo}
    ${EndIf}
    StrCpy $R2 "failed"
    IntOp $0 $0 + 1
    Sleep 300
  ${LoopUntil} $0 >= 15
  Pop $0
FunctionEnd

!macro Move from to
  StrCpy $R0 "${from}"
  StrCpy $R1 "${to}"
  Call Move
!macroend

; The first thing in the folder $R0 but what $R1 names: its name in $R1, empty if there is none. Looked for anew each
; time, because a folder that changes while it is listed may keep a name to itself.
Function FirstOf
  Push $0
  Push $1
  FindFirst $0 $1 "$R0\*.*"
  ${While} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != $R1
      ${ExitWhile}
    ${EndIf}
    FindNext $0 $1
  ${EndWhile}
  FindClose $0
  StrCpy $R1 $1
  ClearErrors
  Pop $1
  Pop $0
FunctionEnd

!macro FirstOf folder but result
  StrCpy $R0 "${folder}"
  StrCpy $R1 "${but}"
  Call FirstOf
  StrCpy ${result} $R1
!macroend

; robot.exe goes first and comes last: what Task Scheduler starts is whole, or isn't there.
Function ChangePlaces
  RMDir /r "$INSTDIR\.old"
  CreateDirectory "$INSTDIR\.old"
  StrCpy $R2 "well"
  ${If} ${FileExists} "$INSTDIR\robot.exe"
    !insertmacro Move "$INSTDIR\robot.exe" "$INSTDIR\.old\robot.exe"
  ${EndIf}
  ${While} $R2 == "well"
    !insertmacro FirstOf "$INSTDIR\.new" "robot.exe" $1
    ${If} $1 == ""
      ${ExitWhile}
    ${EndIf}
    ${If} ${FileExists} "$INSTDIR\$1"
      !insertmacro Move "$INSTDIR\$1" "$INSTDIR\.old\$1"
    ${EndIf}
    ${If} $R2 == "well"
      !insertmacro Move "$INSTDIR\.new\$1" "$INSTDIR\$1"
    ${EndIf}
  ${EndWhile}
  ${If} $R2 == "well"
    !insertmacro Move "$INSTDIR\.new\robot.exe" "$INSTDIR\robot.exe"
  ${EndIf}
  ${If} $R2 == "failed"
    ${Do} ; back to what was there, so that the old version goes on working
      !insertmacro FirstOf "$INSTDIR\.old" "" $1
      ${If} $1 == ""
        ${ExitDo}
      ${EndIf}
      RMDir /r "$INSTDIR\$1"
      Delete "$INSTDIR\$1"
      !insertmacro Move "$INSTDIR\.old\$1" "$INSTDIR\$1"
      ${If} $R2 == "failed"
        ${ExitDo}
      ${EndIf}
    ${Loop}
    RMDir "$INSTDIR\.old"
    Push ${EXIT_FILES}
    Push "$(FilesFailed)"
    Call PutBack
  ${EndIf}
  RMDir /r "$INSTDIR\.old"
  RMDir "$INSTDIR\.new"
FunctionEnd

; The old program goes on, and the robots that have ended for us with it. Exit code, text.
Function PutBack
  SetOutPath "$TEMP"
  ${If} ${FileExists} "$PLUGINSDIR\robots.json"
    StrCpy $0 "$INSTDIR\.new"
    ${IfNot} ${FileExists} "$0\_internal\*.*" ; it has been moved, and back came the old one
      StrCpy $0 $OldProgram
    ${EndIf}
    nsExec::Exec '"$0\robot-cli.exe" setup start-again --robots "$PLUGINSDIR\robots.json" --program "$OldProgram"'
    Pop $0
  ${EndIf}
  RMDir /r "$INSTDIR\.new"
  RMDir "$INSTDIR"
  Call Fail
FunctionEnd

!macro BothPlaces un
; Whether a file of the program in a folder is in use: then it can't be opened for writing. The folder on the stack,
; replaced by 1 or 0. Who runs the program has its Python loaded.
Function ${un}IsInUse
  Exch $0
  Push $1
  Push $2
  Push $3
  Push $4
  StrCpy $4 0
  again:
  StrCpy $3 0
  ClearErrors
  FindFirst $1 $2 "$0\_internal\python*.dll"
  ${DoWhile} $2 != ""
    FileOpen $9 "$0\_internal\$2" a
    ${If} ${Errors}
      StrCpy $3 1
    ${Else}
      FileClose $9
    ${EndIf}
    ClearErrors
    FindNext $1 $2
  ${Loop}
  FindClose $1
  ClearErrors
  IntOp $4 $4 + 1
  ${If} $3 == 1
  ${AndIf} $4 < 15
    Sleep 300 ; whoever has just ended may not be quite gone
    Goto again
  ${EndIf}
  StrCpy $0 $3
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Exch $0
FunctionEnd

; Remove the program in a folder (on the stack), and the folder if nothing else is in it.
Function ${un}RemoveProgram
  Exch $0
  SetOutPath "$TEMP"
  Delete "$0\robot.exe"
  Delete "$0\robot-cli.exe"
  RMDir /r "$0\_internal"
  RMDir /r "$0\guide"
  RMDir /r "$0\.new"
  RMDir /r "$0\.old"
  Delete "$0\LICENSE*"
  Delete "$0\THIRD-PARTY-NOTICES.txt"
  Delete "$0\uninstall.exe"
  RMDir "$0"
  Pop $0
FunctionEnd
!macroend

!insertmacro BothPlaces ""
!insertmacro BothPlaces "un."
