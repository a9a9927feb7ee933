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

; robot.exe goes first and comes last: what Task Scheduler starts is whole, or isn't there.
Function ChangePlaces
  RMDir /r "$INSTDIR\.old"
  CreateDirectory "$INSTDIR\.old"
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\robot.exe"
    Rename "$INSTDIR\robot.exe" "$INSTDIR\.old\robot.exe"
  ${EndIf}
  ${IfNot} ${Errors}
    FindFirst $0 $1 "$INSTDIR\.new\*.*"
    ${DoWhile} $1 != ""
      ${If} $1 != "."
      ${AndIf} $1 != ".."
      ${AndIf} $1 != "robot.exe"
      ${AndIfNot} ${Errors}
        ${If} ${FileExists} "$INSTDIR\$1"
          Rename "$INSTDIR\$1" "$INSTDIR\.old\$1"
        ${EndIf}
        ${IfNot} ${Errors}
          Rename "$INSTDIR\.new\$1" "$INSTDIR\$1"
        ${EndIf}
        ${If} ${Errors}
          StrCpy $2 "failed"
        ${EndIf}
      ${EndIf}
      ClearErrors
      ${If} $2 == "failed"
        ${ExitDo}
      ${EndIf}
      FindNext $0 $1
    ${Loop}
    FindClose $0
    ClearErrors
    ${If} $2 != "failed"
      Rename "$INSTDIR\.new\robot.exe" "$INSTDIR\robot.exe"
    ${EndIf}
  ${EndIf}
  ${If} ${Errors}
  ${OrIf} $2 == "failed"
    FindFirst $0 $1 "$INSTDIR\.old\*.*" ; back to what was there, so that the old version goes on working
    ${DoWhile} $1 != ""
      ${If} $1 != "."
      ${AndIf} $1 != ".."
        RMDir /r "$INSTDIR\$1"
        Delete "$INSTDIR\$1"
        Rename "$INSTDIR\.old\$1" "$INSTDIR\$1"
      ${EndIf}
      FindNext $0 $1
    ${Loop}
    FindClose $0
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
  StrCpy $0 $3
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
